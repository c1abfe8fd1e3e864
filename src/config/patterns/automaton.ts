// From patterns and lists of texts to automata (dispatch/automaton.ts).
import { type Automaton, Verdict } from "../../dispatch/automaton.ts";
import { Effort } from "./effort.ts";
import { programOf, type Step } from "./program.ts";
import { PatternFault, type Piece } from "./syntax.ts";

/** Most states of an automaton made from a pattern. */
export const MOST_STATES = 1_000;
/** Telling bytes apart by one set is as much work as this many steps. */
const PER_SET = 16;
/** Most states of one made from a list of texts, whose size is that of the list. */
const MOST_LIST_STATES = 65_000;

/** Where a program may be, and what that means. */
interface Place {
  /** Steps that wait for a byte. */
  readonly waiting: readonly number[];
  readonly verdict: Verdict;
}

/** The automaton of a pattern, which may match anywhere in a text unless it is anchored; throws a `PatternFault`. */
export function automatonOf(piece: Piece, effort: Effort = new Effort()): Automaton {
  const steps = programOf(piece);
  const { kinds, samples } = kindsOf(steps, effort);
  const places: Place[] = [];
  const numbers = new Map<string, number>();
  const next: number[] = [];
  const numberOf = (place: Place): number => {
    const name = place.verdict >= Verdict.always ? `${place.verdict}` : `${place.verdict}:${place.waiting.join()}`;
    const known = numbers.get(name);
    if (known !== undefined) return known;
    if (places.length >= MOST_STATES) throw new PatternFault(`the pattern has more than ${MOST_STATES} states`, 1);
    numbers.set(name, places.length);
    return places.push(place) - 1;
  };
  numberOf(placeOf(steps, [0], true, effort));
  for (let state = 0; state < places.length; state++) {
    const { waiting, verdict } = places[state]!;
    effort.take(samples.length);
    for (const sample of samples) {
      if (verdict >= Verdict.always) next.push(state);
      else next.push(numberOf(placeOf(steps, after(steps, waiting, sample), false, effort)));
    }
  }
  return {
    kinds,
    width: samples.length,
    next: Uint16Array.from(next),
    verdicts: Uint8Array.from(places, ({ verdict }) => verdict),
  };
}

/** Accepts one of `texts`, or with `isPrefix` whatever begins with one of them; throws a `PatternFault` when there are too many. */
export function automatonOfTexts(
  texts: readonly string[],
  isPrefix: boolean,
  effort: Effort = new Effort(),
): Automaton {
  const all = texts.map((text) => Buffer.from(text, "utf8"));
  const kinds = new Uint8Array(256);
  let width = 1;
  for (const byte of new Set(all.flatMap((bytes) => [...bytes]))) kinds[byte] = width++;
  // State 1 is the one that leads nowhere.
  const next: number[] = new Array<number>(width).fill(1);
  const verdicts: number[] = [Verdict.open, Verdict.never];
  effort.take(2 * width);
  next.push(...new Array<number>(width).fill(1));
  for (const bytes of all) {
    let state = 0;
    for (const byte of bytes) {
      const at = state * width + kinds[byte]!;
      if (next[at] === 1) {
        if (verdicts.length >= MOST_LIST_STATES)
          throw new PatternFault(`the list is too long: more than ${MOST_LIST_STATES} states`, 1);
        effort.take(width);
        next[at] = verdicts.length;
        verdicts.push(Verdict.open);
        next.push(...new Array<number>(width).fill(1));
      }
      state = next[at] ?? 1;
    }
    verdicts[state] = isPrefix ? Verdict.always : Verdict.atEnd;
  }
  return { kinds, width, next: Uint16Array.from(next), verdicts: Uint8Array.from(verdicts) };
}

/** Bytes that no step tells apart become one kind; `samples` has a byte of each. */
function kindsOf(steps: readonly Step[], effort: Effort): { kinds: Uint8Array; samples: number[] } {
  const sets = new Set(steps.flatMap((step) => (step.kind === "byte" ? [step.has] : [])));
  effort.spend(sets.size * PER_SET);
  const kinds = new Uint8Array(256);
  const samples: number[] = [];
  const numbers = new Int32Array(512);
  for (const has of sets) {
    numbers.fill(-1);
    let width = 0;
    for (let byte = 0; byte < 256; byte++) {
      const both = kinds[byte]! * 2 + has[byte]!;
      if (numbers[both] === -1) numbers[both] = width++;
      kinds[byte] = numbers[both]!;
    }
  }
  for (let byte = 0; byte < 256; byte++) samples[kinds[byte]!] ??= byte;
  return { kinds, samples };
}

/** The steps behind those of `waiting` that take this byte, and the beginning: a match may begin anywhere. */
function after(steps: readonly Step[], waiting: readonly number[], byte: number): number[] {
  const reached = [0];
  for (const at of waiting) {
    const step = steps[at]!;
    if (step.kind === "byte" && step.has[byte] === 1) reached.push(step.next);
  }
  return reached;
}

function placeOf(steps: readonly Step[], from: readonly number[], isStart: boolean, effort: Effort): Place {
  const here = reach(steps, from, isStart, false);
  effort.spend(here.looked);
  if (here.isMatch) return { waiting: [], verdict: Verdict.always };
  const { isMatch } = reach(steps, from, isStart, true);
  if (isMatch) return { waiting: here.waiting, verdict: Verdict.atEnd };
  // Where every beginning is anchored nothing can begin any more.
  return { waiting: here.waiting, verdict: here.waiting.length === 0 ? Verdict.never : Verdict.open };
}

/** Everything that can be reached without taking a byte. */
function reach(steps: readonly Step[], from: readonly number[], isStart: boolean, isEnd: boolean) {
  const seen = new Set<number>();
  const pending = [...from];
  const waiting: number[] = [];
  let isMatch = false;
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const step = steps[at]!;
    if (step.kind === "byte") waiting.push(at);
    else if (step.kind === "match") isMatch = true;
    else if (step.kind === "split") pending.push(step.other, step.next);
    else if (step.kind === "save" || (step.kind === "start" ? isStart : isEnd)) pending.push(step.next);
  }
  return { waiting: waiting.sort((a, b) => a - b), isMatch, looked: seen.size };
}
