// Request methods as numbers. A method that is not in the table is forwarded all the same (RFC 3261 16.3 item 1).
import { ascii, sameBytes } from "./scan.ts";

/** The methods that are known by number; `unknown` is any other token. */
export const Method = {
  unknown: 0,
  INVITE: 1,
  ACK: 2,
  BYE: 3,
  CANCEL: 4,
  REGISTER: 5,
  OPTIONS: 6,
  PRACK: 7,
  UPDATE: 8,
  INFO: 9,
  SUBSCRIBE: 10,
  NOTIFY: 11,
  REFER: 12,
  MESSAGE: 13,
  PUBLISH: 14,
} as const;
export type Method = (typeof Method)[keyof typeof Method];

/** Names by number; `unknown` at 0. */
export const METHOD_NAMES: readonly string[] = Object.keys(Method);

/** Names by number, as bytes. */
export const METHOD_BYTES: readonly Uint8Array[] = METHOD_NAMES.map(ascii);

/** The method named by `start..end`. Names are case-sensitive (RFC 3261 7.1). */
export function methodOf(bytes: Uint8Array, start: number, end: number): Method {
  const candidate = guess(end - start, bytes[start]!, bytes[start + 1]!);
  if (candidate === 0) return 0;
  const name = METHOD_BYTES[candidate]!;
  return sameBytes(bytes, start, end, name, 0, name.length) ? candidate : 0;
}

/** The only method with this length and these first bytes. */
function guess(length: number, first: number, second: number): Method {
  switch (length) {
    case 3:
      return first === 0x41 ? Method.ACK : Method.BYE;
    case 4:
      return Method.INFO;
    case 5:
      return first === 0x50 ? Method.PRACK : Method.REFER;
    case 6:
      if (first === 0x49) return Method.INVITE;
      if (first === 0x43) return Method.CANCEL;
      return first === 0x4e ? Method.NOTIFY : Method.UPDATE;
    case 7:
      if (first === 0x4f) return Method.OPTIONS;
      return first === 0x4d ? Method.MESSAGE : Method.PUBLISH;
    case 8:
      return Method.REGISTER;
    case 9:
      return second === 0x55 ? Method.SUBSCRIBE : Method.unknown;
    default:
      return Method.unknown;
  }
}
