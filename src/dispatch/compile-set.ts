// From destinations to what a worker looks at.
import { NO_RESOURCES, PLAIN_RULE } from "./resources.ts";
import type { Algorithm, Destination, DispatcherSet, ResourceRule, ResourceTable, SlotChoice } from "./types.ts";

/** See `DispatcherSet.loadBound`. */
export const USUAL_LOAD_BOUND = 1.25;

/**
 * Compiles a set. `destinations` are in the set's order (order.ts); weights above 65,535 count as 65,535, maxCalls below 0
 * as 0.
 */
export function compileSet(
  index: number,
  name: string,
  algorithm: Algorithm,
  slotChoice: SlotChoice,
  destinations: readonly Destination[],
  useDefault = false,
  resources: ResourceTable = NO_RESOURCES,
  rule: ResourceRule = PLAIN_RULE,
  loadBound: number = USUAL_LOAD_BOUND,
): DispatcherSet {
  return {
    index,
    name,
    algorithm,
    slotChoice,
    slots: new Uint16Array(destinations.map(({ slot }) => slot)),
    weights: new Uint16Array(destinations.map(({ weight }) => Math.min(weight, 65_535))),
    maxCalls: new Int32Array(destinations.map(({ maxCalls }) => Math.max(maxCalls, 0))),
    table: algorithm.compile(destinations),
    useDefault,
    resources,
    rule,
    facts: algorithm.wantsFacts === true ? destinations.map(({ uri }) => ({ uri, attrs: {}, scriptAttrs: "" })) : [],
    loadBound,
  };
}
