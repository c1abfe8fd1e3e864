// Putting bytes and numbers into a buffer, without strings. Each function returns the offset behind what it wrote.

/** Below this many bytes a loop is quicker than a call into the runtime. */
const LOOP_BYTES = 48;

/** Copies `start..end` to `out[at]`. The ranges must not overlap. */
export function copyBytes(bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  if (end - start <= LOOP_BYTES) {
    let to = at;
    for (let from = start; from < end; from++) out[to++] = bytes[from]!;
    return to;
  }
  Buffer.prototype.copy.call(bytes, out, at, start, end);
  return at + end - start;
}

/** Digits of an unsigned number. */
export function decimalDigits(value: number): number {
  let digits = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  return digits;
}

/** Writes an unsigned number in decimal. */
export function writeDecimal(out: Uint8Array, at: number, value: number): number {
  let rest = value >>> 0;
  if (rest < 10) {
    out[at] = 0x30 + rest;
    return at + 1;
  }
  const end = at + decimalDigits(rest);
  for (let p = end - 1; p >= at; p--) {
    const tenth = Math.floor(rest / 10);
    out[p] = 0x30 + rest - tenth * 10;
    rest = tenth;
  }
  return end;
}
