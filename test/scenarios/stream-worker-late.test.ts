// A stream worker that cannot keep up: new calls over streams are sent away before calls in progress suffer, and UDP does not notice.
import assert from "node:assert/strict";
import { RawStream } from "../kit/raw-stream.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

scenario("strangers' new calls over TCP get 503 while the stream worker is late", { io: "batched" }, async (stage) => {
  const { lb, destination, phone } = stage;
  const overload = { stream_delay: "300ms" };
  await lb.dispatches(1, "priority", [destination.answers(200)], {}, { ...lb.bothTransports, overload });
  const caller = await phone.another({ transport: "tcp" });
  const before = await caller.invites("sip:bob@example.com");
  assert.equal(before.status, 200);
  assert.equal((await lb.admin("POST", "/fault", { worker: "streams", fault: "slow" })).status, 202);
  await until("it to be late", async () => (await lb.metric("stream_delay_seconds")) > 0.25);
  const [overTcp, overUdp, inDialog] = await Promise.all([
    caller.invites("sip:bob@example.com"),
    phone.invites("sip:bob@example.com"),
    before.reinvite(),
  ]);
  assert.deepEqual([overTcp.status, overUdp.status, inDialog], [503, 200, 200]);
  // The fault itself lasts four seconds, which a quick machine does not need for what is above.
  await until("it to keep up", async () => (await lb.metric("stream_delay_seconds")) === 0);
  assert.equal((await caller.invites("sip:bob@example.com")).status, 200);
});

/** Answers to so many find no room in the ring to the stream worker, which is 4 MiB. */
const CONNECTIONS = 40;
const EACH = 400;

/** A request that the balancer itself answers, with a copy of the long branch. */
function unforwardable(callId: string): string {
  return (
    `OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 10.9.9.9:5070;branch=z9hG4bK${callId}${"x".repeat(500)};rport\r\n` +
    `Max-Forwards: 0\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\n` +
    `Call-ID: ${callId}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`
  );
}

scenario(
  "a stream worker that does not keep up loses no answer: what asks for more waits",
  { io: "batched" },
  async (stage) => {
    const { lb, destination } = stage;
    const overload = { queues: false };
    await lb.dispatches(1, "priority", [destination.answers(200)], {}, { ...lb.bothTransports, overload });
    const streams = await Promise.all(Array.from({ length: CONNECTIONS }, () => RawStream.open(lb.address)));
    assert.equal((await lb.admin("POST", "/fault", { worker: "streams", fault: "slow" })).status, 202);
    await until("it to be late", async () => (await lb.metric("stream_delay_seconds")) > 0.2);
    await Promise.all(
      streams.map((stream, i) =>
        stream.sends(Array.from({ length: EACH }, (_, j) => unforwardable(`${i}-${j}-`)).join("")),
      ),
    );
    const hasAll = (received: string) => received.split("SIP/2.0 483 ").length - 1 === EACH;
    for (const stream of streams) await stream.hears("an answer to each request", hasAll);
    assert.equal(await lb.metric("dropped_total", { reason: "send" }), 0);
  },
);
