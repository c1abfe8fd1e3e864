// Over real connections to a scripted FreeSWITCH: heartbeats arrive, and whatever the other side does, it is tried again.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { EventSocketServer, heartbeatText, type Script } from "../../test/kit/event-socket.ts";
import { until } from "../../test/kit/wait.ts";
import { parseEventSocket } from "../config/values/event-socket.ts";
import { EventSocketClient, type EventSocketTimes } from "./event-socket.ts";
import type { Heartbeat } from "./freeswitch-capacity.ts";

const PASSWORD = "Clue:C@n;x";
const FIGURES = { max: 100, sessions: 3, idle: 90 };
const HEARD = { maxSessions: 100, sessions: 3, idle: 90 };
/** Long, where nothing is to be late: a busy machine takes its time for a login. */
const TIMES: EventSocketTimes = { login: 10_000, silence: 30_000, firstPause: 20, longestPause: 50 };
/** For what is to be late. */
const SHORT = 150;

describe("an event socket", () => {
  let server: EventSocketServer;
  let client: EventSocketClient | null = null;
  const heard: (Heartbeat | null)[] = [];
  const logged: string[] = [];

  beforeEach(async () => {
    server = await EventSocketServer.open(PASSWORD);
    heard.length = 0;
    logged.length = 0;
  });
  afterEach(async () => {
    client?.stop();
    await server.close();
  });

  /** The times of a client, which may change: they are looked at whenever it begins to wait. */
  function follow(login = `:${PASSWORD}`, times: EventSocketTimes = TIMES): void {
    const place = parseEventSocket(`fs://${login}@127.0.0.1:${server.port}`);
    assert.ok(typeof place !== "string", String(place));
    const note = (fields: object, text: string) => void logged.push(`${text} ${JSON.stringify(fields)}`);
    client = new EventSocketClient(place, {
      told: (heartbeat) => heard.push(heartbeat),
      log: { debug: note, info: note, warn: note, error: note },
      random: () => 0,
      times,
    });
  }

  const hearsAll = async () => {
    await server.subscribed();
    heard.length = 0;
    server.heartbeat(FIGURES);
    await until("a heartbeat to be heard", () => heard.length > 0);
    assert.deepEqual(heard, [HEARD]);
  };

  /** The same for a client that may still be about to lose the connection it has. */
  const hearsAgain = async () => {
    heard.length = 0;
    await until("a heartbeat to be heard", () => {
      server.heartbeat(FIGURES);
      return heard.length > 0;
    });
    assert.deepEqual(heard[0], HEARD);
  };

  it("is logged in to with a password alone, and tells every heartbeat", async () => {
    follow();
    await hearsAll();
    assert.deepEqual(server.said, [`auth ${PASSWORD}`, "event plain HEARTBEAT"]);
    server.heartbeat({ ...FIGURES, sessions: 4 });
    await until("the second", () => heard.length === 2);
    assert.deepEqual([heard[1]?.sessions, logged], [4, []]);
  });

  it("is logged in to with a user", async () => {
    follow(`lb@default:${PASSWORD}`);
    await hearsAll();
  });

  it("that refuses the password is told of once, without it, and tried again", async () => {
    follow(":wrong-secret");
    await until("three attempts", () => server.connections >= 3);
    assert.equal(logged.length, 1);
    assert.match(logged[0]!, /not heard .*127\.0\.0\.1.*refused the login/);
    assert.doesNotMatch(logged[0]!, /secret/);
    assert.deepEqual(heard, []);
  });

  it("that hung up is connected to again", async () => {
    follow();
    await hearsAll();
    server.hangUp();
    await hearsAll();
    assert.equal(server.connections, 2);
    assert.match(logged.join("\n"), /is not heard .*hung up[\s\S]*heard again/);
  });

  it("without a heartbeat for too long tells that, once, and is connected to again", async () => {
    const times = { ...TIMES };
    follow(undefined, times);
    await hearsAll();
    times.silence = SHORT;
    server.heartbeat(FIGURES);
    await until("its silence to be told", () => heard.length > 2);
    await until("another connection", () => server.connections >= 3);
    assert.deepEqual(heard, [HEARD, HEARD, null]);
    times.silence = TIMES.silence;
    await hearsAgain();
  });

  const say =
    (text: string | Buffer): Script =>
    (socket) =>
      void socket.write(text);
  const WELCOME =
    "Content-Type: auth/request\n\nContent-Type: command/reply\nReply-Text: +OK\n\nContent-Type: command/reply\nReply-Text: +OK\n\n";
  const TOO_LONG = "it took too long to let us in";
  const hostile: readonly (readonly [string, Script, RegExp])[] = [
    ["says nothing", () => undefined, /took too long/],
    ["sends noise", say(Buffer.alloc(100_000, "\u00ff\n:x")), /took too long|16384/],
    ["sends a line without end", say(Buffer.alloc(100_000, "a")), /more than 16384 bytes/],
    ["announces a huge body", say("Content-Type: auth/request\nContent-Length: 900000000\n\n"), /more than 16384/],
    ["has an access list", say("Content-Type: text/rude-rejection\nContent-Length: 0\n\n"), /access list/],
    [
      "sends a heartbeat without figures",
      say(`${WELCOME}${heartbeatText({ max: -1, sessions: 0, idle: 1 })}`),
      /usable/,
    ],
  ];
  for (const [what, script, why] of hostile)
    it(`that ${what} is left, and is heard when it is itself again`, async () => {
      server.script = script;
      const times = { ...TIMES, login: why.test(TOO_LONG) ? SHORT : TIMES.login };
      follow(undefined, times);
      await until("a second attempt", () => server.connections >= 2);
      assert.match(logged.join("\n"), why);
      assert.deepEqual(heard, []);
      times.login = TIMES.login;
      server.script = null;
      await hearsAgain();
    });

  it("that talks without end is read a portion at a time", async () => {
    const portion = Buffer.from("Content-Type: log/data\n\n".repeat(2_000));
    let written = 0;
    server.script = (socket) => {
      socket.write(WELCOME);
      const more = () => {
        do written += portion.length;
        while (socket.write(portion));
      };
      socket.on("drain", more);
      more();
    };
    follow();
    await until("the flood to begin", () => written > 0);
    // Until the system's buffers are full.
    await pause(1_000);
    const [before, since] = [written, performance.now()];
    await pause(1_000);
    const rate = (written - before) / ((performance.now() - since) / 1_000);
    assert.ok(rate < 3_000_000, `${rate} bytes per second`);
  });

  it("that is not asked before its login says nothing that counts", async () => {
    server.script = say(heartbeatText(FIGURES));
    follow(undefined, { ...TIMES, login: SHORT });
    await until("a second attempt", () => server.connections >= 2);
    assert.deepEqual(heard, []);
  });
});
