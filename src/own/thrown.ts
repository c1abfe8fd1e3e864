// What somebody's code has thrown or returned, in words: such a value can be anything, also one that fails while it is looked at.

/** A value as text; `isWhole` with the stack where it has one. Never throws. */
export function textOf(value: unknown, isWhole = false): string {
  try {
    if (!(value instanceof Error)) return String(value);
    const { stack, message } = value;
    return String(isWhole ? (stack ?? message) : message);
  } catch {
    return "something that cannot be put into words";
  }
}
