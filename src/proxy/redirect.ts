// Sending callers to a destination of a set themselves (RFC 3261 8.3), instead of going between.
import { type Context, Count } from "./context.ts";
import { selectCandidates } from "./routing.ts";
import { makeUri } from "./treatment-of.ts";
import type { WorkerTreatment } from "./treatments.ts";

const ITS_HOST: WorkerTreatment = { policy: null, rewritesHost: true, translations: [], headers: null };

/**
 * Chooses a destination of a set for the request at hand, and makes the request URI with its host the Contact of the answer.
 * False when there is none, or when the request URI is of another kind.
 */
export function findContact(c: Context, set: number): boolean {
  if (selectCandidates(c, set, -1, 0) > 0 && makeUri(c, c.candidates[0]!, ITS_HOST)) {
    c.hasContact = true;
    return true;
  }
  c.count(Count.rejected_no_destination);
  return false;
}
