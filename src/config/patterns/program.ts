// A pattern as a program of steps (Thompson's construction): what automata are made from, and what substitutions run.
import { PatternFault, type Piece } from "./syntax.ts";

/** One step. `next` and `other` are indices of steps. */
export type Step =
  | { readonly kind: "byte"; readonly has: Uint8Array; next: number }
  | { readonly kind: "split"; next: number; other: number }
  /** Where group `slot >> 1` begins (even) or ends (odd). */
  | { readonly kind: "save"; readonly slot: number; next: number }
  | { readonly kind: "start"; next: number }
  | { readonly kind: "end"; next: number }
  | { readonly kind: "match" };

/** Most steps of a program. */
export const MOST_STEPS = 1_000;

/** The program of a pattern, beginning with step 0; throws a `PatternFault` when it is too large. */
export function programOf(piece: Piece): Step[] {
  const steps: Step[] = [];
  emit(piece, steps);
  steps.push({ kind: "match" });
  return steps;
}

function add(steps: Step[], step: Step): number {
  if (steps.length >= MOST_STEPS) throw new PatternFault(`the pattern takes more than ${MOST_STEPS} steps`, 1);
  return steps.push(step) - 1;
}

/** Appends a piece; what follows it follows the last step. */
function emit(piece: Piece, steps: Step[]): void {
  const next = () => steps.length;
  switch (piece.kind) {
    case "byte":
      add(steps, { kind: "byte", has: piece.has, next: next() + 1 });
      return;
    case "start":
    case "end":
      add(steps, { kind: piece.kind, next: next() + 1 });
      return;
    case "sequence":
      for (const one of piece.pieces) emit(one, steps);
      return;
    case "group":
      add(steps, { kind: "save", slot: piece.number * 2, next: next() + 1 });
      emit(piece.piece, steps);
      add(steps, { kind: "save", slot: piece.number * 2 + 1, next: next() + 1 });
      return;
    case "choice":
      emitChoice(piece.pieces, steps);
      return;
    case "repeat":
      for (let i = 0; i < piece.least; i++) {
        const before = next();
        emit(piece.piece, steps);
        // Nothing, however often, is nothing: what takes no step is not limited by their number.
        if (next() === before) break;
      }
      if (piece.most === Infinity) emitLoop(piece.piece, steps);
      else emitOptional(piece.piece, piece.most - piece.least, steps);
  }
}

function emitChoice(pieces: readonly Piece[], steps: Step[]): void {
  const jumps: number[] = [];
  for (const [i, piece] of pieces.entries()) {
    const isLast = i === pieces.length - 1;
    const split = isLast ? -1 : add(steps, { kind: "split", next: steps.length + 1, other: 0 });
    emit(piece, steps);
    if (isLast) break;
    // A split whose two ways are one: a jump.
    jumps.push(add(steps, { kind: "split", next: 0, other: 0 }));
    point(steps, split, "other", steps.length);
  }
  for (const jump of jumps) {
    point(steps, jump, "next", steps.length);
    point(steps, jump, "other", steps.length);
  }
}

function emitLoop(piece: Piece, steps: Step[]): void {
  const split = add(steps, { kind: "split", next: steps.length + 1, other: 0 });
  emit(piece, steps);
  add(steps, { kind: "split", next: split, other: split });
  point(steps, split, "other", steps.length);
}

function emitOptional(piece: Piece, times: number, steps: Step[]): void {
  const splits: number[] = [];
  for (let i = 0; i < times; i++) {
    splits.push(add(steps, { kind: "split", next: steps.length + 1, other: 0 }));
    emit(piece, steps);
  }
  for (const split of splits) point(steps, split, "other", steps.length);
}

function point(steps: Step[], at: number, way: "next" | "other", to: number): void {
  const step = steps[at];
  if (step?.kind === "split") step[way] = to;
}
