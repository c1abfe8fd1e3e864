// How a worker's messages get to the stream worker: whatever its outbox holds for a listener without a datagram socket goes
// into a ring.
import { RecordKind, Ring } from "../bridge/handoff.ts";
import { wakeStreams } from "../bridge/stream-start.ts";
import type { StreamLink } from "../bridge/worker-start.ts";
import type { Outbox } from "../net/batch.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";

/** Lets `outbox` pass on to the stream worker; what finds no room in the ring is refused. */
export function linkStreams(outbox: Outbox, link: StreamLink): void {
  const ring = new Ring(link.toStreams);
  const words = new Int32Array(link.words);
  outbox.passOn = (from, i) => {
    const { listener, peer, local, bytes, start, end } = from;
    const at = i * ENDPOINT_WORDS;
    if (!ring.push(RecordKind.send, listener[i]!, 0, peer, at, local, i * 4, bytes, start[i]!, end[i]!)) return false;
    wakeStreams(words);
    return true;
  };
}
