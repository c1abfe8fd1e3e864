// Where the event socket of a FreeSWITCH is, as OpenSIPS writes it: `fs://[user]:password@host[:port]`.
import { PrivateText } from "../private-text.ts";
import { formatHostPort, parseHostPort } from "./address.ts";

/** An event socket. */
export interface EventSocket {
  /** Lower case, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Empty: the password alone is the login. */
  readonly user: string;
  readonly password: PrivateText;
}

/** What such a URL looks like, for hints. */
export const EVENT_SOCKET_HINT = "fs://[USER]:PASSWORD@HOST[:PORT]";
/** FreeSWITCH's own. */
const USUAL_PORT = 8021;
/** A login is one line of its protocol, and a short one. */
const LOGIN = /^[^\p{Cc}]{1,256}$/u;

/** Whether a text is meant to be such a URL. */
export function isEventSocketUrl(text: string): boolean {
  return /^fs:\/\//i.test(text.trim());
}

/** The URL taken apart, or what is wrong with it, which never repeats any of it. The password may hold any character. */
export function parseEventSocket(text: string): EventSocket | string {
  if (!isEventSocketUrl(text)) return "this is not the URL of an event socket";
  const rest = text.trim().slice("fs://".length);
  // The last @: passwords are written as they are.
  const at = rest.lastIndexOf("@");
  const login = at < 0 ? "" : rest.slice(0, at);
  const colon = login.indexOf(":");
  if (colon < 0 || colon === login.length - 1) return "the URL of the event socket has no password (it is never shown)";
  if (!LOGIN.test(login)) return "the login of the event socket is too long or holds control characters";
  const place = parseHostPort(rest.slice(at + 1));
  if (place === null || place.host === "") return "the part behind the @ is not HOST[:PORT]";
  return {
    host: place.host,
    port: place.port ?? USUAL_PORT,
    user: login.slice(0, colon),
    password: new PrivateText(login.slice(colon + 1), "configuration"),
  };
}

/** The URL; without its password unless `isRevealed`, and then it is refused where somebody reads it again. */
export function formatEventSocket({ host, port, user, password }: EventSocket, isRevealed = false): string {
  const login = isRevealed ? `${user}:${password.reveal()}@` : user === "" ? "" : `${user}@`;
  return `fs://${login}${formatHostPort(host, port)}`;
}
