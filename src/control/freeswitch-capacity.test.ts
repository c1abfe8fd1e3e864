import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { capacityOf, readHeartbeat, weightOf } from "./freeswitch-capacity.ts";

describe("the capacity that a FreeSWITCH's heartbeat comes to", () => {
  const cases = [
    ["nobody is there", { maxSessions: 100, sessions: 0, idle: 100 }, 0, 100],
    ["others take what they have", { maxSessions: 100, sessions: 30, idle: 100 }, 0, 70],
    ["our own calls are not others'", { maxSessions: 100, sessions: 30, idle: 100 }, 30, 100],
    ["half of its time is idle", { maxSessions: 100, sessions: 30, idle: 50 }, 10, 40],
    ["part of a call is none", { maxSessions: 10, sessions: 0, idle: 99.9 }, 0, 9],
    ["it does not count our last calls yet", { maxSessions: 100, sessions: 2, idle: 100 }, 5, 100],
    ["we alone have as many as its most", { maxSessions: 100, sessions: 150, idle: 50 }, 100, 50],
    ["others have more than its most", { maxSessions: 100, sessions: 150, idle: 100 }, 0, 0],
    ["it is busy", { maxSessions: 100, sessions: 1, idle: 0 }, 1, 0],
    ["it takes none", { maxSessions: 0, sessions: 0, idle: 100 }, 0, 0],
  ] as const;
  for (const [title, heartbeat, own, capacity] of cases)
    it(`is ${capacity} when ${title}`, () => assert.equal(capacityOf(heartbeat, own), capacity));

  it("is a weight by the free share of sessions and of processors, rounded, whoever has the sessions", () => {
    const weights = [
      [{ maxSessions: 100, sessions: 0, idle: 100 }, 100],
      [{ maxSessions: 100, sessions: 30, idle: 100 }, 70],
      [{ maxSessions: 100, sessions: 30, idle: 50 }, 35],
      [{ maxSessions: 1000, sessions: 333, idle: 99.5 }, 66],
      [{ maxSessions: 3, sessions: 1, idle: 100 }, 67],
      [{ maxSessions: 100, sessions: 100, idle: 100 }, 0],
      [{ maxSessions: 100, sessions: 150, idle: 100 }, 0],
      [{ maxSessions: 100, sessions: 0, idle: 0 }, 0],
      [{ maxSessions: 0, sessions: 0, idle: 100 }, 0],
    ] as const;
    for (const [heartbeat, weight] of weights)
      assert.equal(weightOf(heartbeat, 100), weight, JSON.stringify(heartbeat));
  });

  it("is not taken from figures that are none", () => {
    const good = { "max-sessions": "1000", "session-count": "3", "idle-cpu": "99.5" };
    const read = (more: object) => readHeartbeat(new Map(Object.entries({ ...good, ...more })));
    assert.deepEqual(read({}), { maxSessions: 1000, sessions: 3, idle: 99.5 });
    for (const wrong of ["", "-1", "4294967296", "1e3", "0x10", "NaN", " "]) {
      assert.equal(read({ "max-sessions": wrong }), null);
      assert.equal(read({ "session-count": wrong }), null);
      assert.equal(read({ "idle-cpu": wrong }), null);
    }
    assert.equal(read({ "idle-cpu": "100.1" }), null);
    assert.equal(readHeartbeat(new Map()), null);
  });
});
