import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as round } from "node:timers/promises";
import { parseEndpoint, sameAddress } from "../net/endpoint.ts";
import { type Sharer, Shares } from "./shares.ts";

const TRUSTED = "192.0.2.99";

/** A connection with so many messages to hand in. */
class Pile implements Sharer {
  readonly peer: Int32Array;
  share: Sharer["share"] = null;
  rules = 0;
  handed = 0;
  left: number;
  readonly #shares: Shares;

  constructor(shares: Shares, address: string, messages: number) {
    this.#shares = shares;
    this.peer = peerOf(address);
    this.left = messages;
  }

  resume(): boolean {
    for (; this.left > 0; this.left--) {
      if (!this.#shares.take(this)) return false;
      this.handed++;
    }
    return true;
  }
}

function peerOf(address: string): Int32Array {
  const peer = new Int32Array(6);
  parseEndpoint(address, 5060, peer, 0);
  return peer;
}

/** Shares of so many messages; all but `trusted` are strangers. */
function sharesOf(ofSource: number, ofStrangers: number, trusted: readonly string[] = [TRUSTED]): Shares {
  const isTrusted = (peer: Int32Array) => trusted.some((one) => sameAddress(peerOf(one), 0, peer, 0));
  return new Shares(isTrusted, ofSource, ofStrangers);
}

test("a source has its share of a round, for all its connections, and the rest in the rounds that follow", async () => {
  const shares = sharesOf(4, 100);
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
  const shares = sharesOf(4, 6);
  const strangers = [1, 2, 3].map((i) => new Pile(shares, `192.0.2.${i}`, 8));
  const trusted = new Pile(shares, TRUSTED, 1_000);
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
  const shares = sharesOf(2, 100);
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

test("who comes to be trusted, or is trusted no more, is treated so from its next message on", async () => {
  const trusted: string[] = [];
  const shares = sharesOf(4, 100, trusted);
  const pile = new Pile(shares, "192.0.2.1", 6);
  const waits = new Pile(shares, "192.0.2.1", 50);
  pile.resume();
  waits.resume();
  assert.deepEqual([pile.handed, waits.handed], [4, 0]);
  trusted.push("192.0.2.1");
  shares.renew();
  await round();
  assert.deepEqual([pile.handed, waits.handed], [6, 50], "without any share");
  pile.left = 30;
  pile.resume();
  assert.equal(pile.handed, 36);
  trusted.pop();
  shares.renew();
  pile.left = 30;
  pile.resume();
  assert.equal(pile.handed, 40);
  assert.ok(shares.isWaiting(pile));
});
