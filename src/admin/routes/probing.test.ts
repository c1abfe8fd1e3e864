// Pauses of probes: of one destination, and of all.
import assert from "node:assert/strict";
import { it } from "node:test";
import { SILENT } from "../../control/testing/silent-log.ts";
import { createAdminApp } from "../server.ts";
import { fakeBackend } from "../testing/fake-backend.ts";

it("a destination's own pause moves its tag and its set's, that of all does not, and nobody resumes under it", async () => {
  const { backend } = fakeBackend();
  const app = createAdminApp({ listen: "http://127.0.0.1:25084", backend, log: SILENT, faults: false });
  const ask = (method: "GET" | "POST", url: string, ifMatch = "*") =>
    app.inject({
      method,
      url,
      headers: { host: "127.0.0.1:25084", ...(method === "GET" ? {} : { "if-match": ifMatch }) },
    });
  const [one, set] = ["/api/v1/destinations/media/media1", "/api/v1/sets/media"];
  const tags = async () => [(await ask("GET", one)).headers.etag, (await ask("GET", set)).headers.etag];
  const shown = async () => {
    const { probing, probes_paused } = (await ask("GET", one)).json();
    return [probing, probes_paused];
  };
  const before = await tags();
  backend.probing(false);
  assert.deepEqual([await shown(), await tags()], [["paused", false], before]);
  for (const path of [one, set]) {
    const refused = await ask("POST", `${path}/resume-probes`);
    assert.equal(refused.statusCode, 409, path);
    assert.match(refused.json().detail, /dispatcher\.ping_active/);
  }
  assert.equal((await ask("POST", `${one}/pause-probes`)).statusCode, 200);
  assert.deepEqual(await shown(), ["paused", true]);
  const paused = await tags();
  for (const [at, tag] of paused.entries()) assert.notEqual(tag, before[at]);
  backend.probing(true);
  assert.deepEqual([await shown(), await tags()], [["paused", true], paused]);
  assert.equal((await ask("POST", `${set}/resume-probes`, String(before[1]))).statusCode, 412);
  assert.equal((await ask("POST", `${set}/resume-probes`)).statusCode, 200);
  assert.deepEqual([await shown(), await tags()], [["on", false], before]);
});
