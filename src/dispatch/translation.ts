// A text made from another one: a pattern with groups, and what is written in its place. Made by config/patterns/; decided by
// trying, but no step twice at one place, so that the time is bounded by steps times bytes.

/** Kinds of steps; each step is three numbers: kind, next step, and one more. */
export const StepKind = {
  /** A byte out of the set number `[2]`. */
  byte: 0,
  /** On with the next one, or else with `[2]`. */
  split: 1,
  /** Notes the place as number `[2]`: group n begins at 2n and ends at 2n + 1. */
  save: 2,
  start: 3,
  end: 4,
  match: 5,
} as const;

/** A translation, compiled. */
export interface Translation {
  readonly steps: Int32Array;
  /** Sets of bytes, 256 each. */
  readonly sets: Uint8Array;
  /** What is written: texts, and between them groups. */
  readonly texts: readonly string[];
  /** Number of the group behind each text but the last. */
  readonly groups: readonly number[];
}

/** Most steps times bytes: longer texts are not translated. */
const MOST_VISITS = 65_536;
const NONE = -1;
const visited = new Uint8Array(MOST_VISITS);
/** Pairs: a step and a place to go on from, or what a note was before. */
const stack = new Int32Array(4 * MOST_VISITS);
/** Where each group begins and ends, after a match; -1: it took no part. */
export const notes: Int32Array = new Int32Array(20);

/** Whether the pattern matches `bytes[start..end)`, which fills `notes`; leftmost, and the first alternative that can. */
export function matchGroups({ steps, sets }: Translation, bytes: Uint8Array, start: number, end: number): boolean {
  const count = steps.length / 3;
  const places = end - start + 1;
  if (count * places > MOST_VISITS) return false;
  visited.fill(0, 0, count * places);
  for (let from = start; from <= end; from++) {
    notes.fill(NONE);
    notes[0] = from;
    let top = push(0, 0, from);
    while (top > 0) {
      top -= 2;
      let step = stack[top]!;
      let at = stack[top + 1]!;
      if (step < 0) {
        notes[-step - 1] = at;
        continue;
      }
      while (visited[step * places + at - start] === 0) {
        visited[step * places + at - start] = 1;
        const kind = steps[step * 3]!;
        const more = steps[step * 3 + 2]!;
        if (kind === StepKind.match) {
          notes[1] = at;
          return true;
        }
        if (kind === StepKind.byte) {
          if (at === end || sets[more * 256 + bytes[at]!] === 0) break;
          at++;
        } else if (kind === StepKind.split) top = push(top, more, at);
        else if (kind === StepKind.save) {
          top = push(top, -more - 1, notes[more]!);
          notes[more] = at;
        } else if (kind === StepKind.start ? at !== start : at !== end) break;
        step = steps[step * 3 + 1]!;
      }
    }
  }
  return false;
}

function push(top: number, first: number, second: number): number {
  stack[top] = first;
  stack[top + 1] = second;
  return top + 2;
}
