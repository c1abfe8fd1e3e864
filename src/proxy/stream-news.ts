// What the stream worker has to tell that is no message to be handled: which of our stations hears it.
import { RecordKind, type Ring } from "../bridge/handoff.ts";
import type { Context } from "./context.ts";
import { goElsewhere, nameAnother } from "./slow-connect.ts";
import { answerUnframed } from "./unframed.ts";

/** Handles the record that `ring.next` has found, if it is such; false: it is not. */
export function isStreamNews(c: Context, ring: Ring): boolean {
  if (ring.kind === RecordKind.unframed) answerUnframed(c, ring);
  else if (ring.kind === RecordKind.slow) nameAnother(c, ring);
  else if (ring.kind === RecordKind.outrun) goElsewhere(c, ring);
  else return false;
  return true;
}
