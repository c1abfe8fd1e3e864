import assert from "node:assert/strict";
import { EventSocketServer } from "../kit/event-socket.ts";
import { configuredSet } from "../kit/lb.ts";
import type { FinishedCall } from "../kit/phone.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const CALLEE = "sip:+4930@example.com";
const PASSWORD = "ClueCon-secret";

scenario(
  "calls go where a FreeSWITCH says by its heartbeats that there is room, without a reload, and go on doing so after one",
  async (stage) => {
    const { lb, phone, destination } = stage;
    const [first, second] = [destination.answers(200), destination.answers(200)];
    const events = await EventSocketServer.open(PASSWORD);
    const url = `fs://:${PASSWORD}@127.0.0.1:${events.port}`;
    const pool = [
      { to: first, name: "first", resources: { pstn: url } },
      { to: second, name: "second", resources: "pstn=3" },
    ];
    const config = async (weight: number) => ({
      sets: {
        media: await configuredSet("load-balancer", [pool[0]!, { ...pool[1]!, weight }]),
      },
      routes: [{ set: "media", resources: ["pstn"] }],
      workers: lb.io === "batched" ? 2 : 1,
    });
    const shown = async () => JSON.parse((await lb.admin("GET", "/destinations/media/first")).body).resources.pstn;
    const capacity = (wanted: number) =>
      until(`a capacity of ${wanted}`, async () => (await shown()).capacity === wanted);
    try {
      await lb.runs(await config(1));
      assert.deepEqual(await shown(), { capacity: 1000, load: 0 });
      await events.subscribed();
      events.heartbeat({ max: 100, sessions: 0, idle: 100 });
      await capacity(100);
      const calls: FinishedCall[] = [];
      const call = async () => {
        const made = await phone.invites(CALLEE);
        calls.push(made);
        return made.status;
      };
      assert.deepEqual([await call(), await call()], [200, 200]);
      assert.deepEqual([first.calls.length, second.calls.length], [2, 0]);
      // Others took 98 of its sessions and its processors are busy: what it has of ours is all that it can have, and a bit less.
      events.heartbeat({ max: 100, sessions: 100, idle: 50 });
      await capacity(1);
      assert.deepEqual([await call(), await call()], [200, 200]);
      assert.deepEqual([first.calls.length, second.calls.length], [2, 2]);
      // A reload leaves what was told, and the connection.
      const before = await lb.metric("config_generation");
      await lb.runs(await config(2));
      assert.ok((await lb.metric("config_generation")) > before);
      assert.deepEqual([await shown(), events.connections], [{ capacity: 1, load: 2 }, 1]);
      assert.deepEqual([await call(), await call()], [200, 503]);
      assert.deepEqual([first.calls.length, second.calls.length], [2, 3]);
      // A change over the API keeps the password, which nobody gets to see.
      assert.equal((await lb.admin("PATCH", "/destinations/media/first", { weight: 7 })).status, 200);
      assert.deepEqual([(await shown()).capacity, events.connections], [1, 1]);
      for (const path of ["/config", "/destinations", "/sets/media"])
        assert.ok(!(await lb.admin("GET", path)).body.includes(PASSWORD), path);
      // There is room again.
      events.heartbeat({ max: 100, sessions: 3, idle: 99.5 });
      await capacity(98);
      assert.equal(await call(), 200);
      assert.equal(first.calls.length, 3);
      // Silence is no reason to think otherwise for now.
      events.hangUp();
      assert.equal(await call(), 200);
      assert.equal((await shown()).capacity, 98);
      // It comes back by itself.
      await events.subscribed();
      events.heartbeat({ max: 50, sessions: 4, idle: 100 });
      await capacity(50);
      assert.equal(first.calls.length, 4);
      for (const made of calls) if (made.status === 200) assert.equal(await made.bye(), 200);
    } finally {
      await events.close();
    }
  },
);

scenario(
  "calls go by weights that FreeSWITCHes say by their heartbeats, on both workers, and a reload leaves them",
  async (stage) => {
    const { lb, phone, destination } = stage;
    const servers = [destination.answers(200), destination.answers(200)];
    const events = [await EventSocketServer.open(PASSWORD), await EventSocketServer.open(PASSWORD)];
    const config = async (priority: number) => ({
      sets: {
        media: await configuredSet(
          "opensips:0",
          servers.map((to, at) => ({
            to,
            name: `fs${at}`,
            priority,
            weight: `fs://:${PASSWORD}@127.0.0.1:${events[at]?.port ?? 0}`,
          })),
          { failover: { answer_within: "20s" } },
        ),
      },
      workers: lb.io === "batched" ? 2 : 1,
    });
    const weights = async (): Promise<number[]> =>
      JSON.parse((await lb.admin("GET", "/destinations")).body).map(({ weight }: { weight: number }) => weight);
    const says = async (free: number, busy: number) => {
      events[free]?.heartbeat({ max: 100, sessions: 20, idle: 100 });
      events[busy]?.heartbeat({ max: 100, sessions: 20, idle: 0 });
      const wanted = [free === 0 ? 80 : 0, free === 1 ? 80 : 0];
      await until(`weights of ${wanted}`, async () => (await weights()).join() === wanted.join());
    };
    /** Whom twelve requests reach, each with a Call-ID of its own. */
    const reached = async () => {
      const before = servers.map((server) => server.heard("OPTIONS").length);
      for (let i = 0; i < 12; i++) assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 200);
      return servers.flatMap((server, at) => (server.heard("OPTIONS").length > before[at]! ? [at] : []));
    };
    try {
      await lb.runs(await config(1));
      assert.deepEqual(await weights(), [100, 100]);
      await Promise.all(events.map((one) => one.subscribed()));
      await says(0, 1);
      assert.deepEqual(await reached(), [0]);
      await says(1, 0);
      assert.deepEqual(await reached(), [1]);
      await lb.runs(await config(2));
      assert.deepEqual(
        [await weights(), events.map(({ connections }) => connections)],
        [
          [0, 80],
          [1, 1],
        ],
      );
      assert.deepEqual(await reached(), [1]);
      for (const path of ["/config", "/destinations", "/sets/media"])
        assert.ok(!(await lb.admin("GET", path)).body.includes(PASSWORD), path);
      // A number ends the asking.
      assert.equal((await lb.admin("PATCH", "/destinations/media/fs0", { weight: 5 })).status, 200);
      assert.deepEqual(await weights(), [5, 80]);
    } finally {
      await Promise.all(events.map((one) => one.close()));
    }
  },
);
