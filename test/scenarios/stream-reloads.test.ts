// Reloads while many connections are open: none is closed, and what is asked over them meanwhile is answered.
import assert from "node:assert/strict";
import { configuredSet } from "../kit/lb.ts";
import { RawStream } from "../kit/raw-stream.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const CONNECTIONS = 200;
const RELOADS = process.env.FAIRLEAD_LONG === undefined ? 20 : 1_000;
/** Connections over which something is asked during each reload. */
const ASKED = 20;

function options(callId: string): string {
  return (
    `OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 10.9.9.9:5070;branch=z9hG4bK${callId};rport\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\n` +
    `Call-ID: ${callId}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`
  );
}

const limit = RELOADS * 1_000 + 60_000;
scenario("reloads close no connection and cost no request", { io: "batched", limit }, async ({ lb, destination }) => {
  const [one, two] = [destination.answers(200), destination.answers(200)];
  const sets = async (weight: number) => ({
    "1": await configuredSet("weighted", [
      { to: one, weight },
      { to: two, weight: 5 },
    ]),
  });
  const listeners = lb.bothTransports;
  await lb.runs({ ...listeners, sets: await sets(1) });
  const streams = await Promise.all(Array.from({ length: CONNECTIONS }, () => RawStream.open(lb.address)));
  let asked = 0;
  for (let reload = 1; reload <= RELOADS; reload++) {
    const reloaded = lb.runs({ ...listeners, sets: await sets(1 + (reload % 9)) });
    const some = Array.from({ length: ASKED }, () => streams[asked++ % CONNECTIONS]!);
    await Promise.all(some.map((stream, i) => stream.sends(options(`r${reload}-${i}`))));
    await reloaded;
  }
  const answered = () => streams.reduce((sum, { received }) => sum + received.split("SIP/2.0 200 ").length - 1, 0);
  await until("all answers", () => answered() === asked, 10_000).catch(() => {});
  const closed = streams.filter(({ isClosed }) => isClosed).length;
  console.log(
    `streams: ${answered()} of ${asked} requests answered during ${RELOADS} reloads, ${closed} connections closed`,
  );
  assert.deepEqual([answered(), closed], [asked, 0]);
  assert.equal(await lb.metric("stream_opened_total", { by: "them" }), CONNECTIONS);
  for (const stream of streams) stream.close();
});
