// A plane without sockets: what would be sent is kept, with where it would go.
import { Inbox, Outbox } from "../net/batch.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { noCounts, type Plane } from "../net/plane.ts";

/** A datagram that was not sent. */
export interface Unsent {
  readonly bytes: Buffer;
  readonly listener: number;
  /** ENDPOINT_WORDS words. */
  readonly peer: Int32Array;
}

/** Keeps the outbox's datagrams in `sent`. */
export class SilentPlane implements Plane {
  readonly inbox: Inbox = new Inbox();
  readonly sent: Unsent[] = [];
  readonly outbox: Outbox = new Outbox((outbox) => {
    for (let i = 0; i < outbox.count; i++) {
      this.sent.push({
        bytes: Buffer.from(outbox.bytes.subarray(outbox.start[i], outbox.end[i])),
        listener: outbox.listener[i]!,
        peer: outbox.peer.slice(i * ENDPOINT_WORDS, (i + 1) * ENDPOINT_WORDS),
      });
    }
  });
  readonly counts: Plane["counts"] = noCounts();
  run(): void {}
  stop(): void {}
}
