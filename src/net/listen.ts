// Where we listen, and what it means when that is refused.

import { formatEndpoint } from "./endpoint.ts";
import type { TransportName } from "./transport.ts";

/** Where to listen: a numeric address (IPv6 with or without brackets) and a port (0: the system chooses). */
export interface ListenAddress {
  /** Default: udp. Streams have no socket in a plane. */
  readonly transport?: TransportName;
  readonly host: string;
  readonly port: number;
  /** Nobody will listen there. */
  readonly connectOnly?: boolean | undefined;
}

const MEANINGS: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use by another process",
  EADDRNOTAVAIL: "this machine does not have the address",
  EACCES: "not permitted; ports below 1024 need root or CAP_NET_BIND_SERVICE",
  EPERM: "not permitted",
  EAFNOSUPPORT: "this machine does not have the address family",
  EMFILE: "too many open files",
  EINVAL: "the address cannot be used (a link-local one needs its %scope)",
};

/** One sentence for the operator, with address, port and the system's error code. */
export function explainBindCode(transport: string, endpoint: Int32Array, code: string): string {
  const meaning = MEANINGS[code];
  const where = `cannot listen on ${transport} ${formatEndpoint(endpoint, 0)}: `;
  return meaning === undefined ? `${where}${code}` : `${where}${meaning} (${code})`;
}

/** What to tell the operator when the system granted less than the receive buffer asked for (bytes); "" when it did not. */
export function receiveBufferWarning(asked: number, granted: number): string {
  if (granted >= asked) return "";
  return (
    `receive buffer: asked for ${asked} bytes, granted ${granted}; a burst may be lost. ` +
    `Allow it with: sysctl -w net.core.rmem_max=${asked}`
  );
}
