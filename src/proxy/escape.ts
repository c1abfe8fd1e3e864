// Escapes that a URI's writer need not have made: `%30` is `0` wherever URIs are compared (RFC 3261 19.1.4).

const PERCENT = 0x25;
/** Of each byte: 1 where it is unreserved (RFC 3261 25.1), so that its escape is only another spelling of it. */
const UNRESERVED = new Uint8Array(256);
for (const byte of Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()", "latin1"))
  UNRESERVED[byte] = 1;

/** The unreserved byte that the escape at `at` stands for, of three bytes before `end`; -1: there is no such escape. */
export function escapedAt(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== PERCENT || at + 2 >= end) return -1;
  const high = digit(bytes[at + 1]!);
  const low = digit(bytes[at + 2]!);
  if (high < 0 || low < 0) return -1;
  const byte = high * 16 + low;
  return UNRESERVED[byte] === 1 ? byte : -1;
}

function digit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
