// Must show of overload control, in little: a configured capacity, twice and five times as many calls from callers who repeat
// what is not answered. `node bench/overload.ts` is the same at full size.
import assert from "node:assert/strict";
import { Crowd } from "../../bench/calls/crowd.ts";
import { openDatagrams } from "../../bench/calls/datagram-wire.ts";
import { DESTINATION_HOSTS } from "../../bench/calls/messages.ts";
import { loadLibc } from "../../src/net/libc.ts";
import type { LoadBalancer } from "../kit/lb.ts";
import { reservePort } from "../kit/port.ts";
import { scenario } from "../kit/scenario.ts";

const CAPACITY = 100;
const LONG = process.env.FAIRLEAD_LONG === "1";
const STEP_MS = LONG ? 20_000 : 3_000;
/** Calls that have begun before are still there, and callers repeat what they sent. */
const SETTLE_MS = 1_000;
const memory = 1 << 15;

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

/** Begins `rate` calls a second for so many milliseconds. */
async function offer(crowd: Crowd, rate: number, milliseconds: number): Promise<void> {
  const begin = performance.now();
  const before = crowd.totals.started;
  for (let now = begin; now < begin + milliseconds; now = performance.now()) {
    crowd.turn(Math.max(0, Math.floor(((now - begin) * rate) / 1000) - (crowd.totals.started - before)));
    await pause();
  }
}

/** Callers and destinations; the balancer runs with `config` besides. */
async function crowded(
  lb: LoadBalancer,
  config: object,
  options: { hold: number; answerAfter?: number },
): Promise<Crowd> {
  const loaded = loadLibc();
  assert.ok(loaded.ok);
  const port = await reservePort();
  const crowd = new Crowd(openDatagrams(loaded.libc, lb.address.port, port.port), port.port, { memory, ...options });
  const destinations = DESTINATION_HOSTS.map((host) => `sip:${host}:${port.port}`);
  await lb.runs({ sets: { 1: { probe: false, destinations } }, ...config });
  return crowd;
}

scenario(
  "at twice and five times the capacity calls are taken up to it, and none of them suffers",
  { io: "batched" },
  async ({ lb }) => {
    const crowd = await crowded(
      lb,
      { overload: { max_new_calls_per_second: CAPACITY, retry_after: "2s" } },
      { hold: 300 },
    );
    const { totals } = crowd;
    await offer(crowd, CAPACITY / 2, SETTLE_MS);
    const shares: number[] = [];
    for (const step of [2, 5]) {
      await offer(crowd, CAPACITY * step, SETTLE_MS / 2);
      const before = { ...totals, at: performance.now() };
      await offer(crowd, CAPACITY * step, STEP_MS);
      shares.push(((totals.answered - before.answered) * 1000) / (performance.now() - before.at) / CAPACITY);
    }
    // Those who got no answer ask again for up to four seconds.
    await offer(crowd, CAPACITY / 2, 4 * SETTLE_MS);
    const before = { ...totals };
    await offer(crowd, CAPACITY * 0.8, 2 * SETTLE_MS);
    const [begun, refused] = [totals.started - before.started, totals.refused - before.refused];
    await offer(crowd, 0, SETTLE_MS);
    const percent = (share: number | undefined) => `${(100 * (share ?? 0)).toFixed(1)} %`;
    console.log(
      `overload: goodput ${percent(shares[0])} of capacity at 2x, ${percent(shares[1])} at 5x; in dialogs ${totals.byesAnswered} of ${totals.byes} requests answered`,
    );
    assert.ok(shares[0]! >= 0.9 && shares[0]! <= 1.2, `at 2x ${percent(shares[0])}`);
    assert.ok(shares[1]! >= 0.8 && shares[1]! <= 1.2, `at 5x ${percent(shares[1])}`);
    assert.ok(totals.byesAnswered >= 0.999 * totals.byes, `${totals.byesAnswered} of ${totals.byes} in dialogs`);
    // Within the ten seconds allowed.
    assert.ok(refused <= 0.02 * begun, `${refused} of ${begun} refused after it`);
    assert.ok((await lb.metric("dropped_total", { reason: "overload" })) > 0);
  },
);

scenario(
  "destinations that answer after 600 ms make no storm: copies are absorbed",
  { io: "batched" },
  async ({ lb }) => {
    const crowd = await crowded(lb, { timers: { t1: "500ms", linger: "4s" } }, { hold: 200, answerAfter: 600 });
    const { totals, answerer } = crowd;
    await offer(crowd, 200, STEP_MS);
    await offer(crowd, 0, 3 * SETTLE_MS);
    const work = answerer.invites / totals.started;
    console.log(
      `storm: ${totals.answered} of ${totals.started} calls answered, ${work.toFixed(2)} INVITEs per call at the destinations`,
    );
    // One copy is our own: nothing has come within T1. Those of the callers go no further.
    assert.ok(work <= 2, `${work} INVITEs per call`);
    assert.equal(totals.answered, totals.started);
    assert.equal(totals.byesAnswered, totals.byes);
  },
);
