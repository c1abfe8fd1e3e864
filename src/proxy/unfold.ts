// A header's value over several lines as the one line that it stands for (RFC 3261 7.3.1), in the buffer where it is.

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;

/** Turns each line end in the first `length` bytes, with the blanks around it, into one blank; returns how many bytes are left. */
export function unfold(text: Uint8Array, length: number): number {
  let to = 0;
  while (to < length && text[to] !== CR) to++;
  for (let at = to; at < length; at++) {
    if (text[at] !== CR || text[at + 1] !== LF) {
      text[to++] = text[at]!;
      continue;
    }
    while (to > 0 && isBlank(text[to - 1]!)) to--;
    while (at + 1 < length && (isBlank(text[at + 1]!) || text[at + 1] === CR || text[at + 1] === LF)) at++;
    text[to++] = BLANK;
  }
  return to;
}

function isBlank(byte: number): boolean {
  return byte === BLANK || byte === TAB;
}
