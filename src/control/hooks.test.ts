import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { until as eventually } from "../../test/kit/wait.ts";
import { EventLog } from "./events.ts";
import { Hooks, MOST_WAITING } from "./hooks.ts";
import { configOf } from "./testing/config.ts";
import { SILENT } from "./testing/silent-log.ts";
import { until } from "./workers.ts";

/** Milliseconds: what happens happens at once, on a machine that is not busy with others. */
const PATIENCE = 30_000;

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A webhook of the test, what was posted to it, and hooks that lead there. */
async function lab(answer: Answer, hook: (url: string) => object) {
  const posted: Record<string, unknown>[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    posted.push(JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>);
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-path`;
  const read = (...hooks: object[]) => configOf({ listeners: ["udp://127.0.0.1:23010"], sets: { a: {} }, hooks }).hooks;
  const disk = { hooks: read(hook(url)) };
  const events = new EventLog({ clock: () => 0, instance: "t" });
  const pauses: number[] = [];
  const warned: object[] = [];
  const stop = new Hooks({
    hooks: () => disk.hooks,
    log: { ...SILENT, warn: (fields, msg) => void warned.push({ ...fields, msg }) },
    pause: async (milliseconds) => void pauses.push(milliseconds),
  }).follow(events);
  after(() => {
    stop();
    server.closeAllConnections();
    server.close();
  });
  const change = (type: "destination.down" | "destination.up", destination = "one") =>
    events.publish({ type, set: "a", destination, uri: "sip:x", from: "active", to: "inactive", reason: "probe: 503" });
  /** The configuration is read again: with the same hook, or without. */
  const reload = (isThere: boolean) => {
    disk.hooks = isThere ? read(hook(url)) : [];
  };
  return { posted, events, pauses, warned, change, reload };
}

describe("webhooks", () => {
  it("get each event once, in order, and only those that they are for", async () => {
    const { posted, change, events } = await lab(
      (_, response) => response.end(),
      (url) => ({ webhook: { url } }),
    );
    change("destination.down");
    events.publish({ type: "configuration.applied", generation: 2, cause: "reload", problems: [] });
    change("destination.up");
    await until(() => posted.length === 2, PATIENCE);
    assert.deepEqual(
      posted.map(({ type, reason, id }) => [type, reason, id]),
      [
        ["destination.down", "probe: 503", "t-1"],
        ["destination.up", "probe: 503", "t-3"],
      ],
    );
  });

  it("that fail are tried again with growing pauses, and in the end the log says so, without the address", async () => {
    const { posted, pauses, warned, change } = await lab(
      (_, response) => response.writeHead(503).end(),
      (url) => ({ webhook: { url, retries: 3 } }),
    );
    change("destination.down");
    await until(() => warned.length === 1, PATIENCE);
    assert.deepEqual([posted.length, pauses], [4, [1_000, 2_000, 4_000]]);
    assert.match(JSON.stringify(warned), /"attempts":4,"why":"it answered 503"/);
    assert.doesNotMatch(JSON.stringify(warned), /secret-path/);
  });

  it("that refuse are not asked again, and redirects are not followed", async () => {
    const { posted, warned, change } = await lab(
      (_, response) => response.writeHead(307, { location: "http://127.0.0.1:9/" }).end(),
      (url) => ({ webhook: { url } }),
    );
    change("destination.down");
    await until(() => warned.length === 1, PATIENCE);
    assert.equal(posted.length, 1);
    assert.match(JSON.stringify(warned), /it answered 307/);
  });

  it("that never answer hold a bounded number of events, the newest", async () => {
    const { posted, warned, change } = await lab(
      () => undefined,
      (url) => ({ webhook: { url, timeout: "1s", retries: 0 } }),
    );
    for (let i = 0; i <= MOST_WAITING + 5; i++) change("destination.down", `d${i}`);
    await until(() => posted.length >= 2, PATIENCE);
    assert.deepEqual(
      posted.slice(0, 2).map(({ destination }) => destination),
      ["d0", "d6"],
    );
    assert.match(JSON.stringify(warned), /no answer within 1000 ms/);
    assert.equal(JSON.stringify(warned).match(/events are left out/g)?.length, 1, "said once for all of them");
  });

  it("get what follows a reload after what was before it", async () => {
    const held: ServerResponse[] = [];
    const { posted, change, reload } = await lab(
      (_, response) => void held.push(response),
      (url) => ({ webhook: { url } }),
    );
    change("destination.down");
    await until(() => held.length === 1, PATIENCE);
    reload(true);
    change("destination.up");
    await until(() => posted.length > 1, 200);
    assert.equal(posted.length, 1, "the first one has not been answered yet");
    held[0]?.end();
    await until(() => held.length === 2, PATIENCE);
    held[1]?.end();
    assert.deepEqual(
      posted.map(({ type }) => type),
      ["destination.down", "destination.up"],
    );
  });

  it("that are not configured any more are not tried again", async () => {
    const gone: ServerResponse[] = [];
    const { posted, pauses, change, reload } = await lab(
      (_, response) => void gone.push(response),
      (url) => ({ webhook: { url, retries: 3 } }),
    );
    change("destination.down");
    change("destination.up");
    await until(() => gone.length === 1, PATIENCE);
    reload(false);
    gone[0]?.writeHead(503).end();
    await until(() => posted.length > 1, 200);
    assert.deepEqual([posted.length, pauses], [1, []]);
  });
});

describe("commands", () => {
  it("get the event on standard input and in variables, nothing else of ours, and no shell", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fairlead-hook-"));
    after(() => rm(folder, { recursive: true, force: true }));
    const script = join(folder, "notify.cjs");
    const target = join(folder, "said.json");
    await writeFile(
      script,
      `const fs = require("node:fs");
       const said = { args: process.argv.slice(2), env: process.env, body: JSON.parse(fs.readFileSync(0, "utf8")) };
       fs.writeFileSync(${JSON.stringify(`${target}.new`)}, JSON.stringify(said));
       fs.renameSync(${JSON.stringify(`${target}.new`)}, ${JSON.stringify(target)});`,
    );
    process.env.FAIRLEAD_TEST_SECRET = "not for others";
    const { change } = await lab(
      (_, response) => response.end(),
      () => ({ on: ["destination.up"], command: { run: [process.execPath, script, "$(id); x"] } }),
    );
    change("destination.down");
    change("destination.up");
    let text = "";
    await eventually(
      "what it says",
      async () => {
        text = await readFile(target, "utf8").catch(() => "");
        return text !== "";
      },
      PATIENCE,
    );
    const { args, env, body } = JSON.parse(text) as { args: string[]; env: Record<string, string>; body: object };
    assert.deepEqual(args, ["$(id); x"]);
    assert.deepEqual([env.FAIRLEAD_TYPE, env.FAIRLEAD_DESTINATION], ["destination.up", "one"]);
    assert.equal(env.FAIRLEAD_TEST_SECRET, undefined);
    assert.equal((body as { type: string }).type, "destination.up");
  });

  it("that take too long are killed with what they have started, and one that is not there is said", async () => {
    const { warned, change } = await lab(
      (_, response) => response.end(),
      () => ({ command: { run: ["/bin/sh", "-c", "sleep 60 & wait"], timeout: "200ms" } }),
    );
    change("destination.down");
    await until(() => warned.length === 1, PATIENCE);
    assert.match(JSON.stringify(warned), /not finished within 200 ms/);
    const nobody = await lab(
      (_, response) => response.end(),
      () => ({ command: { run: ["/nowhere/notify"] } }),
    );
    nobody.change("destination.down");
    await until(() => nobody.warned.length === 1, PATIENCE);
    assert.match(JSON.stringify(nobody.warned), /ENOENT/);
  });
});
