// How a worker's messages get to the stream worker: whatever its outbox holds for a listener without a datagram socket goes
// into a ring.
import { RecordKind, Ring } from "../bridge/handoff.ts";
import { StreamWord, wakeStreams } from "../bridge/stream-start.ts";
import type { StreamLink } from "../bridge/worker-start.ts";
import type { Outbox } from "../net/batch.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";

/** Of the ring: what begins something fills no more, so that dialogs, answers and acknowledgements that follow have the rest. */
const FOR_NEW = 0.75;
const NOTHING = Buffer.alloc(0);
const nowhere = new Int32Array(ENDPOINT_WORDS);
const where = new Int32Array(4);

/** Lets `outbox` pass on to the stream worker; what finds no room in the ring, which is returned, is refused. */
export function linkStreams(outbox: Outbox, link: StreamLink): Ring {
  const ring = new Ring(link.toStreams);
  const words = new Int32Array(link.words);
  // Of what the worker before us had passed on nobody knows any more.
  let number = Atomics.load(words, StreamWord.number);
  let isSaid = false;
  const say = (): boolean => {
    isSaid ||= ring.push(RecordKind.anew, 0, number, nowhere, 0, nowhere, 0, NOTHING, 0, 0);
    return isSaid;
  };
  say();
  outbox.passAnew = (next) => {
    if (next === number) return false;
    // What waits here belongs to what is given up.
    outbox.flush();
    number = next;
    isSaid = false;
    if (say()) wakeStreams(words);
    return true;
  };
  outbox.passOn = (from, i) => {
    if (!isSaid && !say()) return false;
    const { listener, peer, local, callerPort, bytes, start, end } = from;
    const at = i * ENDPOINT_WORDS;
    const port = callerPort[i]!;
    if (!ring.push(RecordKind.send, listener[i]!, port, peer, at, local, i * 4, bytes, start[i]!, end[i]!))
      return false;
    wakeStreams(words);
    return true;
  };
  outbox.takesNew = () => ring.used + outbox.pending <= ring.capacity * FOR_NEW;
  outbox.passDial = (listener, peer, at, which, slot) => {
    if (!isSaid && !say()) return;
    where[0] = slot;
    // What finds no room is not asked for: the request goes on waiting.
    if (ring.push(RecordKind.dial, listener, which, peer, at, where, 0, NOTHING, 0, 0)) wakeStreams(words);
  };
  return ring;
}
