// A destination that answers probes and fails calls.
import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

interface Shown {
  readonly name: string;
  readonly state: string;
  readonly reason: string;
}

scenario(
  "at 50 calls/s, who fails 30 % of them is ejected, and comes back slowly",
  { io: "batched" },
  async (stage) => {
    const { lb, phone, destination } = stage;
    let isSick = true;
    let taken = 0;
    const sick = destination((transaction) => {
      const isFailing = transaction.request.method === "INVITE" && isSick && taken++ % 10 < 3;
      transaction.respond(isFailing ? 500 : transaction.request.method === "INVITE" ? 486 : 200);
    });
    const others = [destination.answers(486), destination.answers(486)];
    const settings = {
      probe: { every: "500ms", timeout: "300ms", accept: ["2xx", 486] },
      outliers: { window: "5s", requests: 20, eject_for: "4s" },
      slow_start: "3s",
    };
    await lb.dispatches(1, "round-robin", [{ to: sick, name: "sick" }, ...others], settings);
    const isOver = new AbortController();
    let pace = 20;
    const calls = (async () => {
      for (; !isOver.signal.aborted; await wait(pace)) phone.dials("sip:bob@example.com");
    })();
    const shown = async () =>
      (JSON.parse((await lb.admin("GET", "/destinations")).body) as Shown[]).find(({ name }) => name === "sick")!;
    await until("it to be ejected", async () => (await shown()).state === "ejected");
    assert.match((await shown()).reason, /^\d+ of \d+ new requests failed within 5 s; \d s left$/);
    isSick = false;
    await wait(100);
    const during = sick.heard("INVITE").length;
    await wait(500);
    assert.equal(sick.heard("INVITE").length, during, "who is ejected gets no new call");
    await until("it to be back", async () => (await shown()).state === "active");
    // Its share is by chance: of few calls it would now and then be none.
    pace = 4;
    const back = [sick, ...others].map((one) => one.heard("INVITE").length);
    await wait(1000);
    const early = [sick, ...others].map((one, at) => one.heard("INVITE").length - back[at]!);
    assert.ok(early[0]! > 0 && early[0]! < early[1]! / 1.5, `a small share at first: ${early}`);
    pace = 20;
    isSick = true;
    await lb.dispatches(1, "round-robin", [{ to: sick, name: "sick" }], settings);
    await wait(2500);
    assert.equal((await shown()).state, "active", "the last one is never ejected");
    isOver.abort();
    await calls;
  },
);
