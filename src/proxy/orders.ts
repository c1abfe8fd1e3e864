// What main asks of a worker between two turns, by words of its control block.
import { ControlWord } from "../bridge/worker-start.ts";
import { obeyList } from "./call-list.ts";
import type { Context } from "./context.ts";
import { injectedFault } from "./injected-fault.ts";
import { obeyRecount } from "./recount.ts";

/** Does it. `own` is where the worker's control block begins. */
export function obeyMain(c: Context, control: Int32Array, own: number): void {
  if (control[own + ControlWord.fault] !== 0) injectedFault(control, own);
  if (control[own + ControlWord.recount] !== control[own + ControlWord.recounted]) obeyRecount(c, control, own);
  if (control[own + ControlWord.list] !== control[own + ControlWord.listed]) obeyList(c, control, own);
}
