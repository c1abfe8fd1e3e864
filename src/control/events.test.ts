import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventLog, eventJson, MOST_REMEMBERED, type RecordedEvent } from "./events.ts";

function lab() {
  const events = new EventLog({ clock: () => 0, instance: "a" });
  const publish = (restarts: number) => events.publish({ type: "worker.died", worker: 0, why: "", restarts });
  return { events, publish };
}

describe("events", () => {
  it("are remembered in bounded number; who comes back gets what came after, or learns that it is too late", () => {
    const { events, publish } = lab();
    for (let i = 1; i <= MOST_REMEMBERED + 5; i++) publish(i);
    assert.equal(events.remembered.length, MOST_REMEMBERED);
    assert.deepEqual(
      events.since(`a-${MOST_REMEMBERED + 3}`)?.map(({ id }) => id),
      [`a-${MOST_REMEMBERED + 4}`, `a-${MOST_REMEMBERED + 5}`],
    );
    assert.equal(events.since("a-5")?.length, MOST_REMEMBERED);
    assert.deepEqual(events.since(`a-${MOST_REMEMBERED + 5}`), []);
    for (const id of ["a-4", "b-7", "a-9999", "a-x", ""]) assert.equal(events.since(id), null, id);
  });

  it("loads are for those who want them, and are not remembered", () => {
    const { events } = lab();
    const [all, some]: [RecordedEvent[], RecordedEvent[]] = [[], []];
    events.watch((recorded) => some.push(recorded));
    assert.equal(events.areLoadsWatched, false);
    const stop = events.watch((recorded) => all.push(recorded), true);
    assert.equal(events.areLoadsWatched, true);
    events.publish({ type: "load", set: "media", calls: 1, destinations: { one: 1 } });
    stop();
    events.publish({ type: "load", set: "media", calls: 2, destinations: { one: 2 } });
    assert.deepEqual(all.map(eventJson), [
      { id: null, at: "1970-01-01T00:00:00.000Z", type: "load", set: "media", calls: 1, destinations: { one: 1 } },
    ]);
    assert.deepEqual([some, events.remembered], [[], []]);
  });
});
