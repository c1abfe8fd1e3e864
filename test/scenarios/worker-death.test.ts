import assert from "node:assert/strict";
import { leastOf } from "../kit/least-of.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const TRIES = 3;

for (const fault of ["throw", "hang"]) {
  // A second on a machine of its own (and two more until a hang is noticed); tests share theirs.
  const limit = fault === "throw" ? 4000 : 7000;
  const title = `a worker that ${fault}s is replaced, and calls go on by their Record-Route`;
  scenario(title, { allowsErrors: true }, async ({ lb, phone, destination }) => {
    const servers = [destination.answers(200), destination.answers(200)];
    await lb.dispatches(1, "round-robin", servers);
    const calls = await Promise.all(Array.from({ length: 8 }, () => phone.invites("sip:bob@example.com")));
    const took = await leastOf(TRIES, limit, async (before) => {
      const begin = performance.now();
      assert.equal((await lb.admin("POST", "/fault", { worker: 0, fault })).status, 202);
      const isBack = async (): Promise<boolean> =>
        (await lb.metric("worker_restarts_total")) === before + 1 && (await lb.metric("worker_ready")) === 2;
      await until("the replacement", isBack);
      return performance.now() - begin;
    });
    assert.ok(took <= limit, `the replacement took ${took.toFixed(0)} ms`);
    assert.equal((await lb.admin("GET", "/readyz")).status, 200);
    for (const call of calls) assert.equal(await call.bye(), 200);
    for (let i = 0; i < 8; i++) assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
  });
}
