// What cannot be framed: who hears what is wrong with it, before its connection is closed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRingMemory, RecordKind, Ring } from "../bridge/handoff.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../net/endpoint.ts";
import { Rig, type RigOptions } from "./rig-fake.ts";
import { kind, request } from "./rig-message.ts";
import { ratesOf } from "./rig-rates.ts";
import { StreamRings } from "./stream-rings.ts";

/** Three requests at once, and no more for a while. */
const THREE = ratesOf({
  requests: { interval: 10_000, depth: 30_000.1 },
  datagrams: { interval: 1, depth: 30_000.1 },
});
const nobody = new Int32Array(ENDPOINT_WORDS);

/** A worker whose stream worker cuts off connections of 192.0.2.77 over what `unframed` sends. */
class Cutter {
  readonly rig: Rig;
  readonly #toWorker: Ring;
  readonly #peer: Int32Array = new Int32Array(ENDPOINT_WORDS);

  constructor(options: RigOptions) {
    const [from, to] = [createRingMemory(), createRingMemory(1 << 14)];
    this.#toWorker = new Ring(from);
    this.rig = new Rig({ ...options, streams: new StreamRings(new Ring(from), new Ring(to)) });
    parseEndpoint("192.0.2.77", 43_210, this.#peer, 0);
  }

  /** What is answered. */
  unframed(agent: string): string {
    const text = request("OPTIONS", { more: `User-Agent: ${agent}\r\n` });
    const bytes = Buffer.from(text.replace("Content-Length: 0", "Content-Length: x"), "latin1");
    const before = this.rig.left.length;
    assert.ok(this.#toWorker.push(RecordKind.unframed, 1, 400, this.#peer, 0, nobody, 0, bytes, 0, bytes.length));
    this.rig.pass(10);
    return this.rig.left
      .slice(before)
      .map((left) => kind(left.text))
      .join();
  }
}

test("a scanner hears nothing of what cannot be framed either, unless it is trusted", () => {
  const scanners = ["sipcli*"];
  const cutter = new Cutter({ scanners });
  assert.equal(cutter.unframed("Acme/1"), "400");
  assert.equal(cutter.unframed("sipcli/v1.8"), "");
  assert.deepEqual([cutter.rig.counter("rejected_malformed"), cutter.rig.counter("dropped_scanner")], [1, 1]);
  assert.equal(new Cutter({ scanners, trusted: ["192.0.2.77"] }).unframed("sipcli/v1.8"), "400");
});

test("who cannot be framed more often than its rate allows is no longer answered, and its other requests count as well", () => {
  const cutter = new Cutter({ rates: THREE });
  const answers = Array.from({ length: 5 }, () => cutter.unframed("Acme/1"));
  assert.deepEqual(answers, ["400", "400", "400", "", ""]);
  assert.equal(cutter.rig.counter("dropped_rate_source"), 2);
  const [refused] = cutter.rig.receive(request("OPTIONS", { caller: "192.0.2.77:5060" }), "192.0.2.77:5060");
  assert.equal(kind(refused!.text), "503");
});
