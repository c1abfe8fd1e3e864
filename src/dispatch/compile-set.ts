// From destinations to what a worker looks at.
import { NO_RESOURCES, PLAIN_RULE } from "./resources.ts";
import type { Algorithm, Destination, DispatcherSet, ResourceRule, ResourceTable, SlotChoice } from "./types.ts";

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
): DispatcherSet {
  return {
    index,
    name,
    algorithm,
    slotChoice,
    slots: Uint16Array.from(destinations, (destination) => destination.slot),
    weights: Uint16Array.from(destinations, (destination) => Math.min(destination.weight, 65_535)),
    maxCalls: Int32Array.from(destinations, (destination) => Math.max(destination.maxCalls, 0)),
    table: algorithm.compile(destinations),
    useDefault,
    resources,
    rule,
  };
}
