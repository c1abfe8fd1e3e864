// What the algorithms of other products have in common: their names are `PRODUCT:NUMBER`, and beside each stands one of ours.
import type { Algorithm } from "../types.ts";

/** An algorithm as Kamailio's or OpenSIPS's dispatcher has it, defects included. */
export interface CompatAlgorithm extends Algorithm {
  /** Name of ours that serves the same purpose. */
  readonly beside: string;
  /** What ours does otherwise. */
  readonly difference: string;
  /** Where this one is not theirs to the letter, and why; absent: it is. */
  readonly deviation?: string;
}

/** What every one of Kamailio's does otherwise than theirs under `use_default`. */
export const DEFAULT_DEPARTURE =
  "With `use_default`, the last destination ends the failover list only while it is usable; theirs (5.6.3) puts it there when it is down as well.";
