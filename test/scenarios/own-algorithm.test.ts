import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { LoadBalancer } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const EXAMPLE = readFileSync(new URL("../../examples/fill-up.ts", import.meta.url), "utf8");
const LAST = `export const algorithm = {summary: "The last.", select(set, key, live, out) {
  let n = 0;
  for (let i = set.slots.length - 1; i >= 0 && n < out.length; i--) if (live.isUsable(set.slots[i])) out[n++] = set.slots[i];
  return n;
}};`;
/** Does what it should in the trial, whose set is called otherwise, and fails in earnest. */
const FAILS = LAST.replace("let n = 0;", "let n = 0; if (set.name !== 'test') throw new Error('not today');");
/** The same, but that the failure comes when nobody waits any more. */
const LEAVES = {
  promise: "Promise.reject(new Error('not today'))",
  timer: "setTimeout(() => { throw new Error('not today'); }, 0)",
} as const;
/** The same, but that it hangs, and says so first: a worker may also die because the machine is busy. */
const HANGS = LAST.replace(
  "let n = 0;",
  "let n = 0; if (set.name !== 'test') { process._rawDebug('hangs now'); for (;;); }",
);
const hangs = (lb: LoadBalancer): number => (lb.process?.log ?? []).filter(({ text }) => text === "hangs now").length;
const restarted = async (lb: LoadBalancer): Promise<boolean> => {
  const counts = await Promise.all(["0", "1"].map((worker) => lb.metric("worker_restarts_total", { worker })));
  return counts.every((count) => count >= 1);
};

scenario("the example fills one server after the other; a reload takes the module as it is then", async (stage) => {
  const { lb, phone, destination } = stage;
  const servers = [destination.answers(200), destination.answers(200), destination.answers(200)];
  const counts = (): number[] => servers.map(({ calls }) => calls.length);
  const limited = servers.map((to) => ({ to, max_calls: 2 }));
  const algorithms = { mine: await lb.file("mine.ts", EXAMPLE) };
  // Which server has which call is what counts, also on a machine that is slow to answer.
  await lb.dispatches(1, "own:mine", limited, { failover: { answer_within: "10s" } }, { algorithms });
  const calls = [];
  for (let i = 0; i < 5; i++) calls.push(await phone.invites("sip:bob@example.com"));
  assert.deepEqual(counts(), [2, 2, 1]);
  for (const call of calls) assert.equal(await call.bye(), 200);
  await lb.file("mine.ts", LAST.replaceAll("(set, key, live, out)", "(set: any, key: number, live: any, out: any)"));
  await lb.reload();
  const last = await phone.invites("sip:bob@example.com");
  assert.deepEqual(counts(), [2, 2, 2]);
  assert.equal(await last.bye(), 200);
});

scenario(
  "a module that only says what destinations are worth sees their attributes, as they are then",
  async (stage) => {
    const { lb, phone, destination } = stage;
    const servers = [destination.answers(200), destination.answers(200), destination.answers(200)];
    const priced = servers.map((to, at) => ({
      to,
      name: `s${at}`,
      attrs: { cents: 9 - at, ...(at === 2 ? { class: "closed" } : {}) },
    }));
    const module = `export const algorithm = {summary: "Cheap.", score(uri, attrs, scriptAttrs, slot, live) {
    return attrs.class === "closed" ? -1 : scriptAttrs === "free" ? 0 : Number(attrs.cents ?? 1) * (live.load(slot) + 1);
  }};`;
    const algorithms = {
      mine: await lb.file(
        "mine.ts",
        module
          .replace("(uri, attrs,", "(uri: string, attrs: any,")
          .replace("scriptAttrs, slot, live", "scriptAttrs: string, slot: number, live: any"),
      ),
    };
    await lb.dispatches(1, "own:mine", priced, { failover: { answer_within: "10s" } }, { algorithms });
    const chosen = async () => {
      const before = servers.map(({ calls }) => calls.length);
      const call = await phone.invites("sip:bob@example.com");
      return { call, at: servers.findIndex(({ calls }, at) => calls.length > before[at]!) };
    };
    // 9, 8; then 9, 16; then 18, 16.
    const calls = [await chosen(), await chosen(), await chosen()];
    assert.deepEqual(
      calls.map(({ at }) => at),
      [1, 0, 1],
    );
    // What OpenSIPS's command pushes is seen by the next call.
    assert.equal((await lb.admin("PATCH", "/destinations/1/s0", { attrs: { script_attrs: "free" } })).status, 200);
    calls.push(await chosen(), await chosen());
    assert.equal(
      (await lb.admin("PATCH", "/destinations/1/s2", { attrs: { class: "open", script_attrs: "free" } })).status,
      200,
    );
    assert.equal((await lb.admin("PATCH", "/destinations/1/s0", { attrs: { script_attrs: "" } })).status, 200);
    calls.push(await chosen());
    assert.deepEqual(
      calls.slice(3).map(({ at }) => at),
      [0, 0, 2],
    );
    for (const { call } of calls) assert.equal(await call.bye(), 200);
    assert.equal(await lb.metric("algorithm_faults_total"), 0);
  },
);

scenario(
  "a module that throws loses no call: it is counted, logged once, and chance chooses",
  { io: "batched", allowsErrors: true },
  async (stage) => {
    const { lb, phone, destination } = stage;
    const servers = [destination.answers(200), destination.answers(200)];
    await lb.dispatches(1, "own:mine", servers, {}, { algorithms: { mine: await lb.file("mine.mjs", FAILS) } });
    for (let i = 0; i < 40; i++) assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 200);
    for (const server of servers) assert.ok(server.heard("OPTIONS").length > 5);
    assert.equal(await lb.metric("algorithm_faults_total"), 40);
    const told = () => (lb.process?.tail() ?? "").split("\n").filter((line) => line.includes("not today"));
    await until("the failure to be logged", () => told().length > 0);
    // Once by each of the two workers.
    assert.ok(told().length <= 2, told().join("\n"));
    assert.match(told()[0] ?? "", /set 1: own:mine failed; such calls go by hash/);
  },
);

scenario(
  "a reload with a module that is broken is refused, and the old one goes on, also in a worker that is replaced",
  { io: "batched", allowsErrors: true },
  async (stage) => {
    const { lb, phone, destination } = stage;
    const servers = [destination.answers(200), destination.answers(200)];
    await lb.dispatches(1, "own:mine", servers, {}, { algorithms: { mine: await lb.file("mine.mjs", LAST) } });
    await lb.file("mine.mjs", "export const algorithm = {");
    await assert.rejects(lb.reload(), /mine\.mjs:1:/);
    for (const worker of [0, 1])
      assert.equal((await lb.admin("POST", "/fault", { worker, fault: "throw" })).status, 202);
    await until(
      "both workers to be replaced",
      async () => (await restarted(lb)) && (await lb.metric("worker_ready")) === 2,
    );
    for (let i = 0; i < 10; i++) assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 200);
    // One that a busy machine answers late has been to the other one as well.
    assert.ok((servers[1]?.heard("OPTIONS").length ?? 0) >= 10);
    assert.equal(await lb.metric("algorithm_faults_total"), 0);
  },
);

scenario(
  "a module that never comes back costs each worker one death, whatever number of sets it has, and then calls go on without it",
  { io: "batched", allowsErrors: true },
  async (stage) => {
    const { lb, phone, destination } = stage;
    const servers = [destination.answers(200), destination.answers(200)];
    await Promise.all(servers.map(({ opened }) => opened));
    const set = { algorithm: "own:mine", destinations: servers.map(({ uri }) => uri) };
    const routes = [{ request_uri: "alice@*", set: "a" }, { set: "b" }];
    await lb.runs({ algorithms: { mine: await lb.file("mine.mjs", HANGS) }, sets: { a: set, b: set }, routes });
    const asks = (i: number) => phone.requests("OPTIONS", `sip:${i % 2 === 0 ? "alice" : "bob"}@example.com`);
    // Of what is sent until both have met it, some is lost with its worker.
    for (let i = 0; i < 40 && hangs(lb) < 2; i++) await asks(i);
    const isWell = async () => (await restarted(lb)) && (await lb.metric("worker_ready")) === 2;
    await until("both workers to be replaced", isWell);
    for (let i = 0; i < 20; i++) assert.equal(await asks(i), 200);
    assert.equal(hangs(lb), 2);
    const told = /set [ab]: own:mine failed.*it did not come back/;
    await until("the reason to be logged", () => told.test(lb.process?.tail() ?? ""));
  },
);

for (const [what, leaves] of Object.entries(LEAVES))
  scenario(
    `a ${what} that a module leaves behind and that fails costs no worker, and is told`,
    { io: "portable" },
    async (stage) => {
      const { lb, phone, destination } = stage;
      const servers = [destination.answers(200), destination.answers(200)];
      const module = LAST.replace("let n = 0;", `let n = 0; if (set.name !== 'test') ${leaves};`);
      await lb.dispatches(1, "own:mine", servers, {}, { algorithms: { mine: await lb.file("mine.mjs", module) } });
      for (let i = 0; i < 20; i++) assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 200);
      await until("the failure to be told", () => /failed later: not today/.test(lb.process?.tail() ?? ""));
      assert.equal(await lb.metric("worker_restarts_total"), 0);
    },
  );

scenario("a reload with a module that waits is refused, and the process goes on", { io: "portable" }, async (stage) => {
  const { lb, phone, destination } = stage;
  await lb.dispatches(
    1,
    "own:mine",
    [destination.answers(200)],
    {},
    { algorithms: { mine: await lb.file("mine.mjs", LAST) } },
  );
  await lb.file(
    "mine.mjs",
    'export const algorithm = {summary: "Waits.", async select() { throw new Error("boom"); }};',
  );
  await assert.rejects(lb.reload(), /mine\.mjs.*select returned a promise/);
  await lb.file("mine.mjs", LAST.replace("let n = 0;", 'let n = 0; void import("node:fs");'));
  await assert.rejects(lb.reload(), /mine\.mjs:2:\d+: it starts a promise/);
  for (let i = 0; i < 5; i++) assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 200);
});
