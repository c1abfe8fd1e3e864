// Where the message comes from: as asked for, else as its top Via says, else from nobody's address.
import { formatHostPort, isNumericHost, parseHostPort } from "../config/values/address.ts";
import { claimedSource } from "../proxy/rehearsal.ts";

/** A sender. */
export interface Sender {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** `host:port`. */
  readonly text: string;
  readonly notes: readonly string[];
}

/** An address that is nobody's (RFC 5737). */
const NOBODY = { host: "192.0.2.1", port: 5060 };

/** The sender; a sentence when `wanted` is no address. */
export function senderOf(bytes: Buffer, wanted: string | undefined): Sender | string {
  if (wanted !== undefined) {
    const given = parseHostPort(wanted);
    if (given === null || !isNumericHost(given.host)) return `"${wanted}" is not an address, such as 10.0.0.9:5060`;
    return toSender(given.host, given.port ?? NOBODY.port, []);
  }
  const claimed = claimedSource(bytes);
  if (claimed !== null) return toSender(claimed.host, claimed.port, []);
  return toSender(NOBODY.host, NOBODY.port, [
    `the message does not name its sender's address: ${NOBODY.host}:${NOBODY.port} stands for it (--source)`,
  ]);
}

function toSender(host: string, port: number, notes: readonly string[]): Sender {
  return { host, port, text: formatHostPort(host, port), notes };
}
