// Must show of overload control, in little: a configured capacity, twice and five times as many calls from callers who repeat
// what is not answered. `node bench/overload.ts` is the same at full size.
// Runs alone: it fills the machine on purpose.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { Crowd } from "../../bench/calls/crowd.ts";
import { openDatagrams } from "../../bench/calls/datagram-wire.ts";
import { DESTINATION_HOSTS } from "../../bench/calls/messages.ts";
import { loadLibc } from "../../src/net/libc.ts";
import type { LoadBalancer } from "../kit/lb.ts";
import { reservePort } from "../kit/port.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const CAPACITY = 100;
const LONG = process.env.FAIRLEAD_LONG === "1";
const STEP_MS = LONG ? 20_000 : 2_000;
/** Calls that have begun before are still there, and callers repeat what they sent. */
const SETTLE_MS = 500;
/** After an overload all is well again within so many seconds. */
const RECOVERY_S = 10;
const memory = 1 << 15;
/** REGISTERs, several times as many as a small receive buffer holds. */
const FLOOD = 3_000;

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

/** Nothing new, until all calls that have begun are over: answered and hung up, refused, or given up. */
async function settle(crowd: Crowd): Promise<void> {
  const { totals } = crowd;
  const areOver = (): boolean =>
    totals.answered + totals.refused + totals.unanswered === totals.started &&
    totals.byes === totals.answered &&
    totals.byesAnswered + totals.byesFailed === totals.byes;
  await until("all calls to be over", async () => {
    await offer(crowd, 0, 10);
    return areOver();
  });
}

/** What a machine that stands still for half a second makes of one time span it does not make of three in a row. */
const SPANS = 3;

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

/**
 * The first second after an overload in which, at 0.8 of the capacity, hardly a call is refused: 1, 2, ...; infinite when there is none
 * in time. Callers who have had no answer ask again for up to four seconds, and are refused in these.
 */
async function recovery(crowd: Crowd): Promise<number> {
  const { totals } = crowd;
  for (let second = 1; second <= RECOVERY_S; second++) {
    const before = { ...totals };
    await offer(crowd, CAPACITY * 0.8, 1_000);
    if (totals.refused - before.refused <= 0.02 * (totals.started - before.started)) return second;
  }
  return Number.POSITIVE_INFINITY;
}

scenario(
  "at twice and five times the capacity calls are taken up to it, none of them suffers, and within 10 s it is over",
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
      const least = step === 2 ? 0.9 : 0.8;
      let share = 0;
      for (let span = 0; span < SPANS && (share < least || share > 1.2); span++) {
        const before = { ...totals, at: performance.now() };
        await offer(crowd, CAPACITY * step, STEP_MS);
        share = ((totals.answered - before.answered) * 1000) / (performance.now() - before.at) / CAPACITY;
      }
      shares.push(share);
    }
    const recovered = await recovery(crowd);
    await settle(crowd);
    const percent = (share: number | undefined) => `${(100 * (share ?? 0)).toFixed(1)} %`;
    console.log(
      `overload: goodput ${percent(shares[0])} of capacity at 2x, ${percent(shares[1])} at 5x; in dialogs ${totals.byesAnswered} of ${totals.byes} requests answered, ` +
        `recovered in second ${recovered} of ${RECOVERY_S} allowed`,
    );
    assert.ok(shares[0]! >= 0.9 && shares[0]! <= 1.2, `at 2x ${percent(shares[0])}`);
    assert.ok(shares[1]! >= 0.8 && shares[1]! <= 1.2, `at 5x ${percent(shares[1])}`);
    assert.ok(totals.byesAnswered >= 0.999 * totals.byes, `${totals.byesAnswered} of ${totals.byes} in dialogs`);
    assert.ok(recovered <= RECOVERY_S, `not recovered within ${RECOVERY_S} s`);
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
    await settle(crowd);
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

scenario("an avalanche of REGISTERs costs no calls", { io: "batched" }, async ({ lb }) => {
  const overload = { max_new_requests_per_second: 50, retry_after: "20s" };
  const crowd = await crowded(lb, { overload }, { hold: 200 });
  const { totals } = crowd;
  await offer(crowd, 50, SETTLE_MS);
  const avalanche = LONG ? 50_000 : 5_000;
  const phones = createSocket("udp4");
  const answers: number[] = [];
  phones.on("message", (bytes) => {
    const found = /^SIP\/2\.0 503 [\s\S]*\r\nRetry-After: (\d+)\r\n/.exec(bytes.toString("latin1"));
    if (found !== null) answers.push(Number(found[1]));
  });
  await new Promise<void>((resolve) => phones.bind(0, "127.0.0.3", resolve));
  const { port } = phones.address();
  const before = { ...totals };
  const begin = performance.now();
  for (let sent = 0; sent < avalanche; ) {
    const due = Math.min(avalanche, Math.floor(((performance.now() - begin) * avalanche) / STEP_MS));
    for (; sent < due; sent++) phones.send(register(sent, port), lb.address.port, lb.address.address);
    crowd.turn(Math.max(0, Math.floor((performance.now() - begin) * 0.05) - (totals.started - before.started)));
    await pause();
  }
  await settle(crowd);
  await until("Retry-After from one end to the other", () => Math.min(...answers) <= 14 && Math.max(...answers) >= 26);
  phones.close();
  const [begun, answered] = [totals.started - before.started, totals.answered - before.answered];
  const [least, most] = [Math.min(...answers), Math.max(...answers)];
  console.log(
    `avalanche: ${answered} of ${begun} calls answered beside ${avalanche} REGISTERs, Retry-After from ${least} to ${most} s`,
  );
  assert.ok(answered >= 0.99 * begun && begun >= 90, `${answered} of ${begun}`);
  assert.equal(totals.byesAnswered, totals.byes);
  // Spread by at least 30 % to either side.
  assert.ok(least >= 10 && least <= 14 && most >= 26 && most <= 30, `${least} to ${most}`);
});

scenario(
  "a balancer that stood still for 200 ms loses nothing that its callers do not repeat",
  { io: "batched" },
  async ({ lb }) => {
    const crowd = await crowded(lb, {}, { hold: 200 });
    const { totals } = crowd;
    await offer(crowd, 500, SETTLE_MS);
    lb.process?.signal("SIGSTOP");
    await offer(crowd, 500, 200);
    lb.process?.signal("SIGCONT");
    // A second to recover in.
    await offer(crowd, 500, 2 * SETTLE_MS);
    let [begun, answered] = [1, 0];
    for (let span = 0; span < SPANS && answered < 0.95 * begun; span++) {
      const again = { ...totals };
      await offer(crowd, 500, 2 * SETTLE_MS);
      [begun, answered] = [totals.started - again.started, totals.answered - again.answered];
    }
    await settle(crowd);
    console.log(
      `stop: ${answered} of ${begun} calls answered from one second after it on, ${totals.answered} of ${totals.started} in all`,
    );
    assert.ok(answered >= 0.95 * begun, `${answered} of ${begun}`);
    assert.equal(totals.answered + totals.refused, totals.started);
    assert.equal(totals.byesAnswered, totals.byes);
  },
);

scenario(
  "new requests that overflow their queue while the balancer stands still push out no BYE and no answer",
  { io: "batched" },
  async ({ lb }) => {
    const crowd = await crowded(lb, { workers: 1, receive_buffer: "256KiB" }, { hold: 300 });
    const { totals } = crowd;
    await offer(crowd, 250, 200);
    const phones = createSocket("udp4");
    await new Promise<void>((resolve) => phones.bind(0, "127.0.0.3", resolve));
    const { port } = phones.address();
    lb.process?.signal("SIGSTOP");
    const sent = Array.from({ length: FLOOD }, (_, i) => {
      const text = register(i, port);
      return new Promise<unknown>((resolve) => phones.send(text, lb.address.port, lb.address.address, resolve));
    });
    await Promise.all(sent);
    await offer(crowd, 0, 400);
    lb.process?.signal("SIGCONT");
    await settle(crowd);
    phones.close();
    const lost = await lb.metric("dropped_total", { reason: "queue_full" });
    const lostNew = await lb.metric("dropped_total", { reason: "new_queue_full" });
    console.log(
      `full queue: ${totals.byesAnswered} of ${totals.byes} BYEs answered, ${lost} of ${lost + lostNew} lost datagrams were not new`,
    );
    assert.ok(totals.byes > 20 && totals.byesAnswered === totals.byes, `${totals.byesAnswered} of ${totals.byes}`);
    assert.equal(lost, 0);
    assert.ok(lostNew > FLOOD / 4, `${lostNew} new ones were lost`);
  },
);

function register(number: number, port: number): string {
  return (
    `REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.3:${port};branch=z9hG4bKreg${number};rport\r\nMax-Forwards: 70\r\n` +
    `From: <sip:u${number}@example.com>;tag=${number}\r\nTo: <sip:u${number}@example.com>\r\nCall-ID: reg-${number}\r\n` +
    `CSeq: 1 REGISTER\r\nContact: <sip:u${number}@127.0.0.3:${port}>\r\nExpires: 60\r\nContent-Length: 0\r\n\r\n`
  );
}
