// From a pattern and what is to be written to a translation (dispatch/translation.ts).
import { StepKind, type Translation } from "../../dispatch/translation.ts";
import { programOf, type Step } from "./program.ts";
import { PatternFault, parsePattern } from "./syntax.ts";

/** Most steps of a pattern that translates. */
const MOST_STEPS = 250;
const KINDS = {
  byte: StepKind.byte,
  split: StepKind.split,
  save: StepKind.save,
  start: StepKind.start,
  end: StepKind.end,
} as const;

/** Compiles; throws a `PatternFault`. In `to`, `\1` to `\9` are what the groups have matched, `\0` all of it. */
export function translationOf(from: string, to: string): Translation {
  const program = programOf(parsePattern(from));
  if (program.length > MOST_STEPS) throw new PatternFault(`a pattern that translates may take ${MOST_STEPS} steps`, 1);
  const last = program.reduce((most, step) => (step.kind === "save" ? Math.max(most, step.slot >> 1) : most), 0);
  if (last > 9) throw new PatternFault("at most 9 groups can be used; (?:…) does not count", 1);
  const parts = to.split(/\\(\d)/);
  const groups = parts.filter((_, i) => i % 2 === 1).map(Number);
  const missing = groups.find((group) => group > last);
  if (missing !== undefined) throw new PatternFault(`"${to}" has \\${missing}, and the pattern has ${last} groups`, 1);
  const sets: Uint8Array[] = [];
  const steps = Int32Array.from(program.flatMap((step) => encode(step, sets)));
  return {
    steps,
    sets: Uint8Array.from(sets.flatMap((has) => [...has])),
    texts: parts.filter((_, i) => i % 2 === 0),
    groups,
  };
}

function encode(step: Step, sets: Uint8Array[]): number[] {
  if (step.kind === "match") return [StepKind.match, 0, 0];
  if (step.kind === "byte") return [KINDS.byte, step.next, sets.push(step.has) - 1];
  const more = step.kind === "split" ? step.other : step.kind === "save" ? step.slot : 0;
  return [KINDS[step.kind], step.next, more];
}
