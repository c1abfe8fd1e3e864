// A pattern as a table: a text is decided in as many steps as it has bytes, whatever the pattern. Made by
// config/patterns/; pure, as everything here, and as ignorant of messages.

/** What is known in a state about the text so far. */
export const Verdict = {
  /** No match if the text ends here. */
  open: 0,
  /** A match if the text ends here. */
  atEnd: 1,
  /** A match, whatever follows. */
  always: 2,
  /** No match, whatever follows. */
  never: 3,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** A deterministic automaton over bytes; it begins in state 0. */
export interface Automaton {
  /** Kind of each of the 256 bytes; bytes that no pattern tells apart are of one kind. */
  readonly kinds: Uint8Array;
  /** How many kinds there are, less than 257. */
  readonly width: number;
  /** `next[state * width + kind]`. */
  readonly next: Uint16Array;
  /** Of each state. */
  readonly verdicts: Uint8Array;
}

/** Whether it accepts `bytes[start..end)`. */
export function accepts(automaton: Automaton, bytes: Uint8Array, start: number, end: number): boolean {
  const { kinds, width, next, verdicts } = automaton;
  let state = 0;
  for (let at = start; at < end; at++) {
    if (verdicts[state]! >= Verdict.always) break;
    state = next[state * width + kinds[bytes[at]!]!]!;
  }
  const verdict = verdicts[state]!;
  return verdict === Verdict.atEnd || verdict === Verdict.always;
}
