// Who may talk to an admin API without a password on loopback: programs of this machine, and pages that it served itself. Not
// a web page from elsewhere whose name was rebound to 127.0.0.1 (Host), and not one that posts across origins (Origin).
import { isLoopback } from "../config/values/address.ts";

/** Host name of a Host header or an authority; empty when it is malformed. */
export function hostOf(authority: string): string {
  const url = URL.parse(`http://${authority}`);
  // A userinfo or a path would make the parser see another host than other software does.
  if (url === null || url.pathname !== "/" || url.username !== "" || authority.includes("@")) return "";
  return url.hostname.replace(/^\[|\]$/g, "");
}

/** The request headers that are looked at. */
export interface GuardedHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly "sec-fetch-site"?: string | string[] | undefined;
}

/** Why a request is refused; empty when it is not. `listenHost` is the address the server is bound to. */
export function refusal(headers: GuardedHeaders, listenHost: string): string {
  const { host, origin } = headers;
  if (host === undefined) return "no Host header";
  const name = hostOf(host);
  if (name !== listenHost && !isLoopback(name) && !name.endsWith(".localhost"))
    return "the Host header names another machine";
  if (origin !== undefined && origin !== `http://${host}`) return "requests from pages of other origins are refused";
  const site = headers["sec-fetch-site"];
  if (site === "cross-site" || site === "same-site") return "requests from pages of other origins are refused";
  return "";
}
