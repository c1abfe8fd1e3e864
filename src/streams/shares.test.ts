import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as round } from "node:timers/promises";
import { parseEndpoint } from "../net/endpoint.ts";
import { type Sharer, Shares } from "./shares.ts";

/** A connection with so many messages to hand in. */
class Pile implements Sharer {
  share: Sharer["share"] = null;
  handed = 0;
  readonly #shares: Shares;
  #left: number;

  constructor(shares: Shares, address: string | null, messages: number) {
    this.#shares = shares;
    this.#left = messages;
    if (address === null) return;
    const peer = new Int32Array(6);
    parseEndpoint(address, 5060, peer, 0);
    this.share = shares.enter(peer);
  }

  resume(): boolean {
    for (; this.#left > 0; this.#left--) {
      if (!this.#shares.take(this)) return false;
      this.handed++;
    }
    return true;
  }
}

test("a source has its share of a round, for all its connections, and the rest in the rounds that follow", async () => {
  const shares = new Shares(4, 100);
  const [one, other] = [new Pile(shares, "192.0.2.1", 6), new Pile(shares, "192.0.2.1", 3)];
  const elsewhere = new Pile(shares, "192.0.2.2", 3);
  for (const pile of [one, other, elsewhere]) pile.resume();
  assert.deepEqual([one.handed, other.handed, elsewhere.handed], [4, 0, 3]);
  assert.ok(shares.isWaiting(one) && shares.isWaiting(other) && !shares.isWaiting(elsewhere));
  await round();
  assert.deepEqual([one.handed, other.handed], [6, 2]);
  await round();
  assert.deepEqual([one.handed, other.handed], [6, 3]);
  assert.ok(!shares.isWaiting(one) && !shares.isWaiting(other));
});

test("all strangers together have a share, too, source after source; who has none is never held up", async () => {
  const shares = new Shares(4, 6);
  const strangers = [1, 2, 3].map((i) => new Pile(shares, `192.0.2.${i}`, 8));
  const trusted = new Pile(shares, null, 1_000);
  for (const pile of [...strangers, trusted]) pile.resume();
  const handed = () => strangers.map((pile) => pile.handed);
  assert.deepEqual(handed(), [4, 2, 0]);
  assert.equal(trusted.handed, 1_000);
  const seen: number[][] = [];
  for (let i = 0; i < 4 && strangers.some((pile) => pile.handed < 8); i++) {
    await round();
    seen.push(handed());
  }
  assert.deepEqual(seen, [
    [8, 4, 0],
    [8, 6, 4],
    [8, 8, 8],
  ]);
});

test("whoever is gone waits no more, and takes nothing of its source along", async () => {
  const shares = new Shares(2, 100);
  const [gone, stays] = [new Pile(shares, "2001:db8::1", 9), new Pile(shares, "2001:db8::2", 3)];
  gone.resume();
  stays.resume();
  assert.deepEqual([gone.handed, stays.handed], [2, 0]);
  shares.leave(gone);
  assert.ok(!shares.isWaiting(gone));
  await round();
  await round();
  assert.deepEqual([gone.handed, stays.handed], [2, 3]);
});
