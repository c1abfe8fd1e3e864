// Many connections that mean harm: what they announce and never send costs little, what they leave behind is gone soon.
// Runs alone: it measures memory while it floods.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { LoadBalancer } from "../kit/lb.ts";
import { RawStream } from "../kit/raw-stream.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const CONNECTIONS = 1_000;
const ABREAST = 50;
const KIB_PER_MIB = 1_024;

function request(method: string, callId: string, length: string): string {
  return (
    `${method} sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 10.9.9.9:5070;branch=z9hG4bK${callId};rport\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nContact: <sip:a@10.9.9.9>\r\n` +
    `Call-ID: ${callId}\r\nCSeq: 1 ${method}\r\nContent-Length: ${length}\r\n\r\n`
  );
}

/** Resident memory in MiB and open sockets of the process. */
function usageOf(lb: LoadBalancer): { rss: number; sockets: number } {
  const pid = lb.process?.pid ?? 0;
  const isSocket = (fd: string): boolean => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith("socket:");
    } catch {
      return false; // It has been closed meanwhile.
    }
  };
  const kib = /VmRSS:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? "0";
  return { rss: Number(kib) / KIB_PER_MIB, sockets: readdirSync(`/proc/${pid}/fd`).filter(isSocket).length };
}

/** So many connections, some at a time. */
async function open(lb: LoadBalancer, count: number, text: (i: number) => string): Promise<RawStream[]> {
  const streams: RawStream[] = [];
  for (let i = 0; i < count; i += ABREAST) {
    const some = await Promise.all(Array.from({ length: ABREAST }, () => RawStream.open(lb.address)));
    await Promise.all(some.map((one, j) => one.sends(text(i + j))));
    streams.push(...some);
  }
  return streams;
}

scenario(
  "two gigabytes that are announced and never come cost less than a megabyte",
  { io: "batched" },
  async (stage) => {
    const { lb, destination } = stage;
    const streams = { message_timeout: "3s" };
    await lb.dispatches(1, "priority", [destination.answers(200)], {}, { ...lb.bothTransports, streams });
    const before = usageOf(lb);
    // Half of them are refused by what they say. The other half say what might be true, and stop.
    const flood = await open(lb, CONNECTIONS, (i) =>
      request("INVITE", `flood${i}`, i % 2 === 0 ? "2000000000" : "60000"),
    );
    const during = usageOf(lb);
    // Whoever stopped first is closed first: by the time that is configured, not the ten seconds that are usual.
    await until("the first to be closed", () => flood.some(({ isClosed }, i) => i % 2 === 1 && isClosed), 8_000);
    await until("all to be closed", () => flood.every(({ isClosed }) => isClosed));
    const growth = (during.rss - before.rss) / CONNECTIONS;
    const refused = flood.filter(({ received }) => received.startsWith("SIP/2.0 513 ")).length;
    console.log(
      `streams: ${flood.length} of ${CONNECTIONS} connections without the body they announced closed in time, ` +
        `${(growth * KIB_PER_MIB).toFixed(0)} KiB each`,
    );
    assert.equal(refused, CONNECTIONS / 2);
    assert.ok(growth < 1, `${growth} MiB per connection`);
    await until("sockets to be given back", () => usageOf(lb).sockets <= before.sockets + 2);
  },
);

scenario(
  "calls that are begun and whose connections are closed leave nothing behind",
  { io: "batched" },
  async (stage) => {
    const { lb, destination } = stage;
    await lb.dispatches(
      1,
      "priority",
      [destination.rings(180)],
      {},
      {
        ...lb.bothTransports,
        forwarding: "stateless",
      },
    );
    await lb.isComplete();
    const before = usageOf(lb);
    for (let round = 0; round < 4; round++) {
      const flood = await open(lb, CONNECTIONS / 4, (i) => request("INVITE", `gone${round}-${i}`, "0"));
      for (const one of flood) one.close();
    }
    await lb.untilMetric("stream_connections", 0);
    await until("sockets to be given back", () => usageOf(lb).sockets <= before.sockets + 2);
    const growth = usageOf(lb).rss - before.rss;
    console.log(
      `streams: ${CONNECTIONS} of ${CONNECTIONS} connections gone with their sockets, RSS ${growth.toFixed(0)} MiB above`,
    );
    assert.ok(growth < 60, `${growth} MiB`);
  },
);

scenario("megabytes of keep-alives hold up nobody, and end nobody's connection", { io: "batched" }, async (stage) => {
  const { lb, destination } = stage;
  await lb.dispatches(1, "priority", [destination.answers(200)], {}, lb.bothTransports);
  await lb.isComplete();
  const bystander = await RawStream.open(lb.address);
  const waits: number[] = [];
  const pongs = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const [before, began] = [bystander.received.length, performance.now()];
      await bystander.sends("\r\n\r\n");
      await until("a pong", () => bystander.received.length > before, 15_000);
      waits.push(performance.now() - began);
    }
  };
  const flooding = open(lb, 150, () => "\r\n\r\n".repeat(16_384));
  await pongs(20);
  const flood = await flooding;
  await pongs(20);
  await until("all of them to be answered", () => flood.every(({ received }) => received !== ""));
  const longest = Math.max(...waits);
  console.log(`keep-alives, 9.4 MiB at once: another connection waited for its own ${longest.toFixed(0)} ms at most`);
  assert.equal(await lb.metric("stream_worker_restarts_total"), 0);
  assert.equal(bystander.isClosed, false);
  assert.ok(longest < 1_000, `${longest} ms`);
  assert.ok(flood.every(({ received }) => received.length < 8_192));
  for (const one of [...flood, bystander]) one.close();
});
