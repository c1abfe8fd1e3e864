// Escapes that a URI's writer need not have made: `%30` is `0` wherever URIs are compared (RFC 3261 19.1.4). Whole URIs with `+`
// and with `%2B` are two, but in a user or a parameter, where `+` divides nothing and may stand as it is (25.1), whoever
// dials that number takes either for the same: conditions on these look at them that way.

const PERCENT = 0x25;
const UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";

/** Of each byte, 1 where it need not be escaped (RFC 3261 25.1): in a user (`user-unreserved`). */
export const PLAIN_IN_USER: Uint8Array = plainBytes("&=+$,;?/");
/** In a parameter (`param-unreserved`). */
export const PLAIN_IN_PARAM: Uint8Array = plainBytes("[]/:&+$");
/** And in any part. */
export const PLAIN: Uint8Array = plainBytes("");

function plainBytes(more: string): Uint8Array {
  const plain = new Uint8Array(256);
  for (const byte of Buffer.from(UNRESERVED + more, "latin1")) plain[byte] = 1;
  return plain;
}

/** The byte, one of `plain`, that the escape at `at` stands for, of three bytes before `end`; -1: there is no such escape. */
export function escapedAt(bytes: Uint8Array, at: number, end: number, plain: Uint8Array): number {
  if (bytes[at] !== PERCENT || at + 2 >= end) return -1;
  const high = digit(bytes[at + 1]!);
  const low = digit(bytes[at + 2]!);
  if (high < 0 || low < 0) return -1;
  const byte = high * 16 + low;
  return plain[byte] === 1 ? byte : -1;
}

function digit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
