import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { after, describe, it } from "node:test";
import { EventLog } from "../control/events.ts";
import { until } from "../control/workers.ts";
import { EventStreams, MOST_WAITING } from "./event-streams.ts";

/** Milliseconds: what happens happens at once, on a machine that is not busy with others. */
const PATIENCE = 30_000;

/** Streams behind a real server, with a heartbeat every 30 ms. */
async function lab() {
  const events = new EventLog({ clock: () => 0, instance: "t" });
  const streams = new EventStreams(events, 30);
  const door = { isWelcome: true };
  const server = createServer((request, response) => {
    const lastId = String(request.headers["last-event-id"] ?? "");
    streams.add({ response, types: [], lastId, isWelcome: () => door.isWelcome });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => {
    streams.close();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const follow = async (headers: Record<string, string> = {}) => {
    const [response] = (await once(get({ host: "127.0.0.1", port, headers }), "response")) as [IncomingMessage];
    return response;
  };
  return { events, streams, door, follow };
}

describe("streams of events", () => {
  it("beat, and end when the token is not known any more", async () => {
    const { streams, door, follow } = await lab();
    const response = await follow();
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    await until(() => text.includes(": still here"), PATIENCE);
    assert.equal(streams.size, 1);
    door.isWelcome = false;
    await once(response, "end");
    await until(() => streams.size === 0, PATIENCE);
    assert.equal(streams.size, 0);
  });

  it("who does not read is cut off, and others are not held up", async () => {
    const { events, streams, follow } = await lab();
    const [lazy, eager] = [await follow(), await follow()];
    lazy.pause();
    lazy.on("error", () => undefined);
    let seen = 0;
    eager.on("data", (chunk: Buffer) => (seen += chunk.length));
    const why = "x".repeat(50_000);
    for (let i = 0; i < 400 && streams.size === 2; i++) {
      events.publish({ type: "worker.died", worker: 0, why, restarts: i });
      await new Promise((done) => setImmediate(done));
    }
    await until(() => streams.size === 1, PATIENCE);
    assert.equal(streams.size, 1);
    assert.ok(seen > 0);
  });

  it("who reads gets an event of any size, and the next one", async () => {
    const { events, follow } = await lab();
    const response = await follow();
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    response.on("error", () => undefined);
    events.publish({ type: "worker.died", worker: 0, why: "x".repeat(MOST_WAITING * 2), restarts: 1 });
    await until(() => text.includes("id: t-1\n") && text.endsWith("\n\n"), PATIENCE);
    events.publish({ type: "worker.died", worker: 0, why: "", restarts: 2 });
    await until(() => text.includes("id: t-2\n"), PATIENCE);
    assert.match(text, /id: t-2\n/);
  });

  it("somebody who was away too long is told to read everything again", async () => {
    const { events, follow } = await lab();
    events.publish({ type: "worker.died", worker: 1, why: "", restarts: 1 });
    const response = await follow({ "last-event-id": "of-another-process-7" });
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    await until(() => text.includes("id: t-1\n"), PATIENCE);
    assert.match(text, /event: lost\ndata: \{\}\n\nid: t-1\nevent: worker\.died\n/);
  });
});
