// Digest authentication for a user agent (RFC 3261 22, RFC 7616, RFC 8760): MD5 and SHA-256, with or without qop=auth.
import { createHash, randomBytes } from "node:crypto";
import { type HeaderField, headerValues, type ParsedMessage } from "./parsed-message.ts";

/** A user's name and password. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** What a server asked for. */
export interface Challenge {
  /** The header that answers it: Authorization for a 401, Proxy-Authorization for a 407. */
  readonly answerIn: "Authorization" | "Proxy-Authorization";
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: "MD5" | "SHA-256";
  readonly opaque: string;
  readonly qop: string;
}

/** The strongest challenge of a 401 or 407 that we can answer; null when there is none. */
export function challengeOf(response: ParsedMessage): Challenge | null {
  const isProxy = response.status === 407;
  // A challenge holds commas itself: the list is put together again before it is taken apart by scheme.
  const text = headerValues(response, isProxy ? "proxy-authenticate" : "www-authenticate").join(", ");
  const challenges = text.split(/(?:^|,\s*)Digest\s+/i).flatMap((part) => parseChallenge(part, isProxy));
  return challenges.find((challenge) => challenge.algorithm === "SHA-256") ?? challenges[0] ?? null;
}

function parseChallenge(text: string, isProxy: boolean): Challenge[] {
  const nonce = digestField(text, "nonce");
  const algorithm = (digestField(text, "algorithm") || "MD5").toUpperCase();
  if (nonce === "" || (algorithm !== "MD5" && algorithm !== "SHA-256")) return [];
  const qops = digestField(text, "qop")
    .split(",")
    .map((one) => one.trim());
  return [
    {
      answerIn: isProxy ? "Proxy-Authorization" : "Authorization",
      realm: digestField(text, "realm"),
      nonce,
      algorithm,
      opaque: digestField(text, "opaque"),
      qop: qops.includes("auth") ? "auth" : "",
    },
  ];
}

/** A field of a Digest header value, without quotes; empty when absent. */
export function digestField(text: string, name: string): string {
  const found = new RegExp(`(?:^|[\\s,])${name}\\s*=\\s*(?:"([^"]*)"|([^\\s,]+))`, "i").exec(text);
  return found?.[1] ?? found?.[2] ?? "";
}

/** The header that answers a challenge for `method` and `uri`. `cnonce` is given by tests with published vectors only. */
export function answerChallenge(
  challenge: Challenge,
  credentials: Credentials,
  method: string,
  uri: string,
  cnonce: string = randomBytes(8).toString("hex"),
): HeaderField {
  const { realm, nonce, algorithm, opaque, qop } = challenge;
  const response = digestResponse({ ...challenge, ...credentials, method, uri, cnonce, nc: "00000001" });
  const parts = [`username="${credentials.username}"`, `realm="${realm}"`, `nonce="${nonce}"`, `uri="${uri}"`];
  parts.push(`response="${response}"`, `algorithm=${algorithm}`);
  if (opaque !== "") parts.push(`opaque="${opaque}"`);
  if (qop !== "") parts.push(`qop=${qop}`, `nc=00000001`, `cnonce="${cnonce}"`);
  return { name: challenge.answerIn, value: `Digest ${parts.join(", ")}` };
}

/** The hash that proves knowledge of the password (RFC 7616 3.4.1), in hexadecimal. */
export function digestResponse(of: {
  readonly algorithm: "MD5" | "SHA-256";
  readonly username: string;
  readonly password: string;
  readonly realm: string;
  readonly nonce: string;
  readonly qop: string;
  readonly nc: string;
  readonly cnonce: string;
  readonly method: string;
  readonly uri: string;
}): string {
  const name = of.algorithm === "MD5" ? "md5" : "sha256";
  const hash = (text: string): string => createHash(name).update(text).digest("hex");
  const a1 = hash(`${of.username}:${of.realm}:${of.password}`);
  const a2 = hash(`${of.method}:${of.uri}`);
  return of.qop === ""
    ? hash(`${a1}:${of.nonce}:${a2}`)
    : hash(`${a1}:${of.nonce}:${of.nc}:${of.cnonce}:${of.qop}:${a2}`);
}
