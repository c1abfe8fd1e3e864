// Latencies that algorithms of Kamailio's go by. Congestion control (`cc`): a server whose answers to probes come late gets fewer calls, and its share again when they do not.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { response } from "../../src/proxy/rig-message.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const PROBE = { every: "200ms", timeout: "2s", latency_alpha: 0.5 };
const CALLS = 100;
const PATIENCE = 20_000;

/** A server that answers probes with 200 after `delay` milliseconds, and everything else at once. */
async function server() {
  const socket = createSocket("udp4");
  const seen = { delay: 0, calls: 0, probes: 0 };
  socket.on("message", (bytes, { port, address }) => {
    const text = bytes.toString("latin1");
    const isProbe = text.startsWith("OPTIONS ");
    if (isProbe) seen.probes++;
    else seen.calls++;
    const answer = response(text, 200);
    const send = () => {
      if (seen.delay >= 0) socket.send(answer, port, address, () => {});
    };
    setTimeout(send, isProbe ? seen.delay : 0);
  });
  const opened = new Promise<void>((done) => socket.bind(0, "127.0.0.1", done));
  await opened;
  return { seen, opened, uri: `sip:127.0.0.1:${socket.address().port}`, close: () => socket.close() };
}

scenario(
  "kamailio:11 with cc=1: one slow server of three gets no calls, all slow ones share by slowness, quick again they have their weights",
  { io: "batched", limit: 150_000 },
  async ({ lb, phone }) => {
    const servers = [await server(), await server(), await server()];
    const [slow, quick, other] = servers as [(typeof servers)[0], (typeof servers)[0], (typeof servers)[0]];
    const shares = async () => {
      for (const { seen } of servers) seen.calls = 0;
      for (let i = 0; i < CALLS; i++) assert.equal(await phone.requests("MESSAGE", "sip:bob@example.com"), 200);
      return servers.map(({ seen }) => seen.calls);
    };
    // On a busy machine the quick ones may be slow for a probe or two.
    const untilShares = (what: string, isSo: (calls: readonly number[]) => boolean) =>
      until(what, async () => isSo(await shares()), PATIENCE);
    const latencyOf = async (uri: string) =>
      (await lb.metric("fairlead_destination_latency_seconds", { destination: uri })) * 1000;
    try {
      const set = servers.map((to) => ({ to, weight: 100, attrs: { cc: 1, latency: 1 } }));
      await lb.dispatches(1, "kamailio:11", set, { probe: PROBE });
      await until("all are probed", () => servers.every(({ seen }) => seen.probes >= 3), PATIENCE);
      slow.seen.delay = 300;
      await until("it is slow", async () => (await latencyOf(slow.uri)) > 150, PATIENCE);
      await untilShares("the slow one gets no calls", ([first = 1]) => first === 0);
      quick.seen.delay = 300;
      other.seen.delay = 300;
      await until(
        "all are slow",
        async () => (await latencyOf(quick.uri)) > 150 && (await latencyOf(other.uri)) > 150,
        PATIENCE,
      );
      await untilShares("all slow ones share", (calls) => calls.every((one) => one > 10));
      for (const { seen } of servers) seen.delay = 0;
      await until(
        "all are quick",
        async () => {
          const latencies = await Promise.all(servers.map(({ uri }) => latencyOf(uri)));
          return latencies.every((latency) => latency < 30);
        },
        PATIENCE,
      );
      await untilShares("all have their weights again", (calls) => calls.every((one) => one > 20));
    } finally {
      for (const { seen } of servers) seen.delay = -1;
      for (const { close } of servers) close();
    }
  },
);

scenario(
  "kamailio:13: the latency that a destination is said to have counts from the first call",
  { io: "batched" },
  async ({ lb, phone }) => {
    const [slow, quick] = [await server(), await server()];
    try {
      const set = [
        { to: slow, priority: 50, attrs: { latency: 200 } },
        { to: quick, priority: 50, attrs: { latency: 20 } },
      ];
      await lb.dispatches(1, "kamailio:13", set);
      for (let i = 0; i < 6; i++) assert.equal(await phone.requests("MESSAGE", "sip:bob@example.com"), 200);
      assert.deepEqual([slow.seen.calls, quick.seen.calls], [0, 6]);
      assert.equal(await lb.metric("fairlead_destination_latency_seconds", { destination: slow.uri }), 0.2);
    } finally {
      slow.close();
      quick.close();
    }
  },
);
