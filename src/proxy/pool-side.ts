// Which side of a call is ours.
import type { Context } from "./context.ts";
import { D } from "./dialogs.ts";
import { T } from "./transactions.ts";

/**
 * Whether the request of the transaction at word `at` comes, by its From tag, from the side of the pool in the dialog at word `d`: the
 * callee's where that is a destination, else the caller's.
 */
export function isOfPool(c: Context, at: number, d: number): boolean {
  const { words } = c.dialogs;
  const isOfCaller = c.transactions.words[at + T.fromTag] === words[d + D.callerTag];
  return isOfCaller === words[d + D.slot]! < 0;
}
