// Calls among thousands of clients that take long: what one connection costs is not paid by the others. FAIRLEAD_LONG=1: 5,000 of them
// and 500 handshakes that stall, for 10 s at a time; otherwise some hundred. Who calls, who answers and the clients are on the machine of
// the balancer: what calls lose by that alone is known from the same clients on a server beside it, and so is not counted against it.
// Runs alone: it measures how long calls take.
import assert from "node:assert/strict";
import { after as afterAll, before as beforeAll } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Peer } from "../../src/ua/transport.ts";
import { Authority } from "../kit/certificates.ts";
import { collectGarbage, OwnPauses } from "../kit/own-pauses.ts";
import type { Phone } from "../kit/phone.ts";
import { scenario } from "../kit/scenario.ts";
import { SlowClients } from "../kit/slow-clients.ts";
import { StandIn } from "../kit/stand-in.ts";
import { within } from "../kit/wait.ts";

const isLong = process.env.FAIRLEAD_LONG === "1";
const SLOW = isLong ? 5_000 : 500;
const STALLED = isLong ? 500 : 50;
const SECONDS = isLong ? 10 : 2;
const RATE = 100;
/** Seconds of calls before the first measurement: what is new is slower. */
const WARM = isLong ? 25 : 1;
/** So long clients are there before calls among them are measured, in milliseconds: by then some are closed and come again all the time. */
const SETTLING = isLong ? 5_000 : 0;
/** Growth that is allowed, and below how many milliseconds nothing is said about it: a timer of the kernel is as coarse. */
const GROWTH = 1.2;
const SLACK = isLong ? 0.2 : 1;
/** Measurements without clients, with clients of somebody else, and with our own, in turn: p99 is that of all calls of a kind. */
const ROUNDS = isLong ? 6 : 3;
/** With measurements of the same thing that far apart, a short form says nothing: the machine is at fault. */
const NOISE = 1.3;

let authority: Authority;
let standIn: StandIn;
beforeAll(async () => {
  authority = await Authority.make();
  standIn = await StandIn.begin();
});
afterAll(async () => {
  await standIn.end();
  await authority.close();
});

/**
 * Places calls at RATE for so long; the times from INVITE to its 200 in milliseconds, without pauses of this process, sorted, and how
 * many calls failed.
 */
async function measure(phones: readonly Phone[], seconds: number): Promise<{ times: number[]; failed: number }> {
  const spans: (readonly [began: number, ended: number])[] = [];
  const pauses = new OwnPauses();
  let failed = 0;
  const one = async (phone: Phone): Promise<void> => {
    const began = performance.now();
    const call = phone.dials("sip:bob@example.com");
    const status = await call.final;
    spans.push([began, performance.now()]);
    const bye = status === 200 ? await call.session?.bye() : undefined;
    if (bye?.status !== 200) failed++;
    // What a phone remembers would be garbage that is moved about again and again.
    phone.datagrams.length = 0;
  };
  const calls: Promise<void>[] = [];
  const began = performance.now();
  for (let i = 0; i < seconds * RATE; i++) {
    await pause(Math.max(0, began + (i * 1000) / RATE - performance.now()));
    calls.push(one(phones[i % phones.length]!));
  }
  await within("all calls to end", Promise.all(calls));
  await pauses.end();
  return { times: sorted(spans.map(([from, to]) => to - from - pauses.within(from, to))), failed };
}

function sorted(times: readonly number[]): number[] {
  return times.toSorted((a, b) => a - b);
}

function said(times: readonly number[]): string {
  return `p99 ${percentile(times, 0.99).toFixed(2)} ms, median ${percentile(times, 0.5).toFixed(2)}`;
}

function compared(alone: readonly number[], beside: readonly number[], among: readonly number[]): string {
  return `${said(alone)} without; ${said(beside)} beside them; ${said(among)} among them`;
}

function p99(times: readonly number[]): number {
  return percentile(times, 0.99);
}

/** `times` are in order. */
function percentile(times: readonly number[], share: number): number {
  return times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
}

scenario(
  "hundreds of clients that are slow, idle, or stall their handshakes hold up calls no more than they do on another server beside the balancer",
  { io: "batched", limit: 600_000 },
  async (stage) => {
    const { lb, destination } = stage;
    const callee = destination.answers(200);
    await lb.dispatches(1, "round-robin", [callee], {}, await lb.withTls(await authority.issue()));
    const phones = await Promise.all(Array.from({ length: 10 }, () => stage.phone.another({ transport: "tcp" })));
    const tls = { ...lb.address, port: lb.tlsPort };
    let failed = 0;
    const block = async (seconds = SECONDS): Promise<number[]> => {
      collectGarbage();
      const { times, failed: some } = await measure(phones, seconds);
      callee.datagrams.length = 0;
      callee.calls.length = 0;
      failed += some;
      return times;
    };
    await block(WARM);
    if (isLong) await lb.isComplete();
    const alone: number[][] = [];
    const beside: number[][] = [];
    const among: number[][] = [];
    const amid = async (of: { tcp: Peer; tls: Peer }): Promise<{ times: number[]; there: number }> => {
      const clients = await SlowClients.begin({ tcp: of.tcp, tls: of.tls, slow: SLOW, stalled: STALLED });
      try {
        await pause(SETTLING);
        return { times: await block(), there: clients.open };
      } finally {
        await clients.end();
      }
    };
    for (let round = 1; round <= ROUNDS; round++) {
      alone.push(await block());
      beside.push((await amid(standIn)).times);
      const { times, there } = await amid({ tcp: lb.address, tls });
      among.push(times);
      await lb.untilMetric("stream_connections", phones.length);
      console.log(
        `slow clients: ${there} of ${SLOW + STALLED} there; ${compared(alone.at(-1)!, beside.at(-1)!, times)}`,
      );
    }
    assert.equal(failed, 0, "no call failed");
    const [none, others, ours] = [alone, beside, among].map((times) => sorted(times.flat()));
    console.log(
      `slow clients: of all ${ours!.length} of ${ROUNDS * SECONDS * RATE} calls of each kind: ${compared(none!, others!, ours!)}`,
    );
    const bar = p99(others!) * GROWTH + SLACK;
    // In the short form one pause of the machine is a whole p99: what the clients cost is there in every round.
    const tail = isLong ? p99(ours!) : Math.min(...among.map(p99));
    const isNoisy = Math.max(...beside.map(p99)) > Math.min(...beside.map(p99)) * NOISE;
    if (isNoisy && !isLong && tail > bar) {
      console.log("slow clients: no verdict, the machine was noisy");
      return;
    }
    assert.ok(tail <= bar, `p99 of ${tail.toFixed(2)} ms, at most ${bar.toFixed(2)}`);
  },
);
