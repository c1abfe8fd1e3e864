// The destinations of a set in the order in which they would be tried, each with the reason.
import type { Rehearsal } from "../proxy/rehearsal.ts";
import type { ExplainedDestination } from "./explanation.ts";
import { freeText, resourcesOf, shortage } from "./resources.ts";
import type { Stage } from "./stage.ts";

/** States that take new calls. */
const USABLE = ["active", "trying"];

/** Candidates first, in order, then all others of set `setIndex`. `isLive`: states and loads are a running instance's. */
export function explainDestinations(
  stage: Stage,
  rehearsal: Rehearsal,
  setIndex: number,
  isLive: boolean,
): ExplainedDestination[] {
  const { candidates } = rehearsal;
  const members = stage.placed.filter((each) => each.setIndex === setIndex).map(({ slot }) => slot);
  const others = members.filter((slot) => !candidates.includes(slot));
  return [...candidates, ...others].map((slot) => explainOne(stage, rehearsal, slot, isLive));
}

function explainOne(stage: Stage, rehearsal: Rehearsal, slot: number, isLive: boolean): ExplainedDestination {
  const { name, uri, weight, priority, maxCalls } = stage.placed[slot]!.config;
  const { state, load } = stage.conditions[slot]!;
  const at = rehearsal.candidates.indexOf(slot);
  const [outcome, why] =
    at < 0 ? (["skipped", whyNot(stage, rehearsal, slot)] as const) : verdict(stage, rehearsal, at);
  return {
    order: at < 0 ? null : at + 1,
    name,
    uri,
    state,
    weight,
    priority,
    max_calls: maxCalls,
    load: isLive ? load : null,
    resources: resourcesOf(stage, slot, isLive),
    outcome,
    why,
  };
}

function verdict(stage: Stage, rehearsal: Rehearsal, at: number): readonly [ExplainedDestination["outcome"], string] {
  const { candidates, taken } = rehearsal;
  const slot = candidates[at]!;
  const free = freeText(stage, rehearsal, slot);
  const room = free === "" ? "" : `: ${free}`;
  const destination = stage.placed[slot]!;
  if (taken.length > 1 && taken.includes(slot)) return ["taken", `one of ${taken.length} at once${room}`];
  if (taken[0] === slot)
    return ["taken", `${at === 0 ? "the first candidate" : "the first candidate that could be used"}${room}`];
  const before = taken.length === 0 || at < candidates.indexOf(taken.at(-1)!);
  if (!before) {
    const isTooMany = taken.length > 1 && stage.placed[taken[0]!]!.setIndex === destination.setIndex;
    return isTooMany ? ["skipped", `one more than ${taken.length} at once`] : ["next", `for failover${room}`];
  }
  if (isFull(stage, slot)) return ["skipped", `has its ${destination.config.maxCalls} calls`];
  const short = shortage(stage, rehearsal, slot);
  if (short !== "") return ["skipped", short];
  return ["skipped", destination.unusable === "" ? "nothing could be sent to it" : destination.unusable];
}

/** Why a destination is not among the candidates. */
function whyNot(stage: Stage, rehearsal: Rehearsal, slot: number): string {
  const { state, reason } = stage.conditions[slot]!;
  if (!USABLE.includes(state)) return reason === "configuration" ? `${state}, as configured` : `${state}: ${reason}`;
  if (isFull(stage, slot)) return `has its ${stage.placed[slot]!.config.maxCalls} calls`;
  const short = shortage(stage, rehearsal, slot);
  if (short !== "") return short;
  const { score = 0 } = stage.conditions[slot]!;
  const isBelow = score < 0 && stage.placed[slot]!.set.algorithm === "opensips:10";
  return isBelow ? `its score is ${score}` : "not offered by the algorithm";
}

function isFull(stage: Stage, slot: number): boolean {
  const { maxCalls } = stage.placed[slot]!.config;
  return maxCalls > 0 && stage.conditions[slot]!.load >= maxCalls;
}
