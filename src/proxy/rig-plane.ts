// The plane of the rigs (rig-fake.ts), in the memory that a worker's packets lie in, so that tests read and write as workers do.
import { Inbox, Outbox } from "../net/batch.ts";
import { noCounts, type Plane } from "../net/plane.ts";
import { placeOf } from "../sip/packet-memory.ts";
import type { Context } from "./context.ts";

/** All rigs of a file have these, one after the other: that memory has room for a few only. */
const INBOX_BYTES = new Inbox().bytes;
const OUTBOX_BYTES = new Outbox(() => {}).bytes;

/** A plane without sockets; what would leave is given to `send`. */
export class RigPlane implements Plane {
  readonly inbox: Inbox = new Inbox(INBOX_BYTES);
  readonly outbox: Outbox;
  readonly counts: Plane["counts"] = noCounts();

  constructor(send: (outbox: Outbox) => void) {
    this.outbox = new Outbox(send, OUTBOX_BYTES);
  }

  run(): void {}
  stop(): void {}
}

/** Throws when something of this worker lies elsewhere: it would not be production's way that is tested. */
export function checkMemory({ message, edits }: Context): void {
  for (const bytes of [INBOX_BYTES, OUTBOX_BYTES, message.valueStart, edits.scratch])
    if (placeOf(bytes) < 0) throw new Error("the packets' memory is used up: too many rigs in one file");
}
