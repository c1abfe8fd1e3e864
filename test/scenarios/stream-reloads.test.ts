// Reloads while many connections are open: none is closed, no call fails, and whoever connects from then on sees the new certificate.
// FAIRLEAD_LONG=1: a thousand reloads, 200 connections of each kind, 300 calls a second.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { Authority, type Certificate } from "../kit/certificates.ts";
import { configuredSet, type LoadBalancer, type Section } from "../kit/lb.ts";
import { reservePort } from "../kit/port.ts";
import { RawCallee, RawCalls } from "../kit/raw-calls.ts";
import { LINE_KINDS, type LineKind, RawLine } from "../kit/raw-line.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const isLong = process.env.FAIRLEAD_LONG !== undefined;
const [CONNECTIONS, RELOADS, RATE] = isLong ? [200, 1_000, 300] : [50, 30, 100];
/** Every so many reloads the certificate is another one. */
const RENEWAL = 5;
/**
 * A machine that others keep busy makes the balancer late, and then it sends new calls away (503): others do that now and then, reloads
 * would do it every time.
 */
const TRIES = 3;
const isLate = (failures: readonly string[]): boolean =>
  failures.length > 0 && failures.every((failure) => failure.endsWith(" INVITE 503"));

let authority: Authority;
let certificates: readonly Certificate[];
before(async () => {
  authority = await Authority.make();
  certificates = [await authority.issue(), await authority.issue()];
});
after(() => authority.close());

/** So many connections of one kind, some at a time. */
async function lines(kind: LineKind, port: number): Promise<RawLine[]> {
  const opened: RawLine[] = [];
  while (opened.length < CONNECTIONS) {
    const some = Array.from({ length: 25 }, () => RawLine.open(kind, { address: "127.0.0.1", port }, authority.ca));
    opened.push(...(await Promise.all(some)));
  }
  return opened;
}

/** What those are shown who connect now, over TLS and secure WebSocket. */
async function shown(ports: Record<LineKind, number>): Promise<string> {
  const open = (kind: LineKind) => RawLine.open(kind, { address: "127.0.0.1", port: ports[kind] }, authority.ca);
  const both = await Promise.all([open("tls"), open("wss")]);
  for (const line of both) line.close();
  const [one = "", other] = both.map(({ fingerprint }) => fingerprint);
  assert.equal(one, other);
  return one;
}

async function listeners(lb: LoadBalancer): Promise<{ section: Section; ports: Record<LineKind, number> }> {
  const [ws, wss] = await Promise.all([reservePort(), reservePort()]);
  const ports = { tcp: lb.address.port, tls: lb.tlsPort, ws: ws.port, wss: wss.port };
  const uris = LINE_KINDS.map((kind) => `${kind}://127.0.0.1:${ports[kind]}`);
  return { section: { listeners: [`udp://127.0.0.1:${ports.tcp}`, ...uris] }, ports };
}

const limit = TRIES * (RELOADS * 1_000 + 60_000);
scenario(
  "reloads close no connection and fail no call, and renew certificates",
  { io: "batched", limit },
  async ({ lb }) => {
    const callees = [new RawCallee(), new RawCallee()];
    const { section, ports } = await listeners(lb);
    const applies = async (reload: number): Promise<void> => {
      const certificate = certificates[Math.floor(reload / RENEWAL) % certificates.length]!;
      const tls = { default: { certificates: [await lb.certificateFiles(certificate)] } };
      const weighted = callees.map((to, i) => ({ to, weight: i === 0 ? 1 + (reload % 9) : 5 }));
      await lb.runs({ ...section, tls, sets: { "1": await configuredSet("weighted", weighted) } });
    };
    await applies(0);
    const open = (await Promise.all(LINE_KINDS.map((kind) => lines(kind, ports[kind])))).flat();
    const calls = new RawCalls();
    let isOver = false;
    /** So many reloads during calls, and what they came to. */
    const reloads = async (first: number) => {
      const before = { begun: calls.begun, done: calls.done, failed: calls.failures.length };
      isOver = false;
      const calling = calls.run(open, RATE, () => isOver);
      const seen: string[] = [await shown(ports)];
      const since = performance.now();
      for (let reload = first; reload < first + RELOADS; reload++) {
        await applies(reload);
        if (reload % RENEWAL === 0) seen.push(await shown(ports));
      }
      const seconds = (performance.now() - since) / 1000;
      isOver = true;
      await calling;
      await until("the last calls", () => calls.open === 0).catch(() => calls.giveUp());
      const [begun, done] = [calls.begun - before.begun, calls.done - before.done];
      return { begun, done, failures: calls.failures.slice(before.failed), seen, seconds };
    };
    try {
      let result = await reloads(1);
      for (let again = 1; again < TRIES && isLate(result.failures); again++) {
        console.log(
          `streams: ${result.failures.length} of ${result.begun} calls were refused by a balancer that was late; once more`,
        );
        result = await reloads(1 + again * RELOADS);
      }
      const { begun, done, failures, seen, seconds } = result;
      const closed = open.filter(({ isClosed }) => isClosed).length;
      const renewed = seen.filter((fingerprint, i) => i > 0 && fingerprint !== seen[i - 1]).length;
      console.log(
        `streams: ${done} of ${begun} calls ended well over ${open.length} connections (${LINE_KINDS.join(", ")}) during ${RELOADS} ` +
          `reloads in ${seconds.toFixed(1)} s, ${renewed} of ${seen.length - 1} certificates renewed live, ${closed} connections closed`,
      );
      assert.deepEqual(failures, []);
      assert.equal(done, begun);
      assert.equal(closed, 0);
      assert.equal(new Set(seen).size, certificates.length);
      assert.equal(renewed, seen.length - 1);
      assert.ok(begun >= 0.9 * RATE * seconds, `only ${begun} calls were begun in ${seconds} s`);
      await lb.untilMetric("stream_connections", open.length);
    } finally {
      isOver = true;
      for (const line of open) line.close();
      for (const callee of callees) callee.close();
    }
  },
);
