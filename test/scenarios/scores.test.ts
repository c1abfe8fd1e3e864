// OpenSIPS 9 and 10: calls go by scores that somebody tells while they come.
import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";

scenario(
  "a score told over the API moves the next call, whichever of two workers has it, holds over a reload, and ends with another one in the file",
  async (stage) => {
    const { lb, phone, destination } = stage;
    const servers = [destination.answers(200), destination.answers(200), destination.answers(200)];
    const named = (scores: readonly number[]) =>
      servers.map((to, at) => ({ to, name: `s${at}`, ...(scores[at] === 0 ? {} : { score: scores[at] ?? 0 }) }));
    const config = { workers: lb.io === "batched" ? 2 : 1 };
    // Which server has which call is what counts, also on a machine that is slow to answer.
    const set = { failover: { answer_within: "20s" } };
    const tell = async (scores: object) => {
      const { status, body } = await lb.admin("PATCH", "/sets/rated/scores", scores);
      assert.equal(status, 200, body);
      return JSON.parse(body);
    };
    /** Whom ten requests reach, each with a Call-ID of its own. */
    const reached = async () => {
      const before = servers.map((server) => server.heard("OPTIONS").length);
      for (let i = 0; i < 10; i++) assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 200);
      return servers.flatMap((server, at) => (server.heard("OPTIONS").length > before[at]! ? [at] : []));
    };
    await lb.dispatches("rated", "opensips:9", named([0, 0, 0]), set, config);
    assert.deepEqual(await reached(), [0], "nothing was told: the set's order");
    assert.deepEqual(await tell({ s0: 2, s1: 1, s2: 3 }), { s0: 2, s1: 1, s2: 3 });
    assert.deepEqual(await reached(), [1]);
    assert.equal((await tell({ s2: -1 })).s2, -1);
    assert.deepEqual(await reached(), [2]);
    const generation = await lb.metric("config_generation");
    assert.equal(await lb.metric("destination_score", { destination: "s2" }), -1);
    // The same scores, and below 0 nothing: 10.
    await lb.dispatches("rated", "opensips:10", named([0, 0, 0]), set, config);
    assert.ok((await lb.metric("config_generation")) > generation);
    assert.deepEqual(await reached(), [1], "what was told holds over the reload");
    await tell({ s0: -1, s1: -1 });
    assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 503);
    await lb.dispatches("rated", "opensips:10", named([0, 5, 0]), set, config);
    assert.deepEqual(await reached(), [1], "the file says another score of one");
    assert.equal((await tell({ s0: null })).s0, 0);
    assert.deepEqual(await reached(), [0]);
  },
);
