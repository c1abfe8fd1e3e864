// Retry-After lines, spelled out once.

/** Spread to either side: those who are sent away together must not come back together. */
const SPREAD = 0.5;
const MOST_LINES = 64;

/** `Retry-After: 5`, with its CRLF. */
export function retryAfterLine(seconds: number): Uint8Array {
  return Buffer.from(`Retry-After: ${seconds}\r\n`, "latin1");
}

/** Lines of whole seconds around `milliseconds`, evenly spread over half of it to either side; at least one. */
export function retryAfterLines(milliseconds: number): readonly Uint8Array[] {
  const first = Math.max(1, Math.ceil((milliseconds * (1 - SPREAD)) / 1000));
  const last = Math.max(first, Math.floor((milliseconds * (1 + SPREAD)) / 1000));
  const count = Math.min(MOST_LINES, last - first + 1);
  return Array.from({ length: count }, (_, i) =>
    retryAfterLine(count === 1 ? first : Math.round(first + (i * (last - first)) / (count - 1))),
  );
}
