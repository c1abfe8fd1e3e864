// Several destinations challenge one request: the caller gets all their challenges in one answer, and can answer each of them in
// its next attempt (RFC 3261 16.7 point 7).
import { MAX_DATAGRAM } from "../net/batch.ts";
import { Header } from "../sip/header.ts";
import type { Context } from "./context.ts";
import { T } from "./transactions.ts";

const CHALLENGES = [Header.wwwAuthenticate, Header.proxyAuthenticate] as const;
const joined = Buffer.alloc(MAX_DATAGRAM);

/** Whether a response of this status challenges. */
export function isChallenge(status: number): boolean {
  return status === 401 || status === 407;
}

/**
 * The response that the transaction at word `at` keeps gets the challenges of the one at hand. Where there is no room for them it
 * stays as it was.
 */
export function addChallenges(c: Context, at: number): void {
  const { edits, message, other, store } = c;
  const t = c.transactions.words;
  const kept = t[at + T.bestResponse]!;
  const start = store.start(kept);
  if (other.reset(store.bytes(kept), start, start + t[at + T.bestLength]!) !== 0) return;
  edits.clear();
  for (let i = 0; i < CHALLENGES.length; i++) {
    for (let from = -1; message.nextLine(CHALLENGES[i]!, from); from = message.iterLineEnd)
      edits.text(message.bytes, message.iterLineStart, message.iterLineEnd);
  }
  edits.insert(other.bodyStart - 2, 0);
  const length = other.end - other.start + edits.growth;
  if (length > MAX_DATAGRAM) return;
  edits.writeTo(other.bytes, other.start, other.end, joined, 0);
  const handle = store.put(joined, 0, length);
  if (handle === 0) return;
  store.drop(kept, t[at + T.bestLength]!);
  t[at + T.bestResponse] = handle;
  t[at + T.bestLength] = length;
}
