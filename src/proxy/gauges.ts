// What a worker holds, shown to main after each turn.
import { ControlWord } from "../bridge/worker-start.ts";
import type { Context } from "./context.ts";

/** Writes the gauges of a worker, whose control block begins at `own`. */
export function showGauges(c: Context, control: Int32Array, own: number): void {
  control[own + ControlWord.transactions] = c.transactions.count;
  control[own + ControlWord.dialogs] = c.dialogs.count - c.dialogs.challenged;
  control[own + ControlWord.callsOutside] = c.callsOutside;
  if (c.kept !== null) control[own + ControlWord.keptFlows] = c.kept.count;
}
