// A route that goes from set to set: how the sixteen places of its candidates are shared.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DESTINATION_WORDS, DestinationColumn, type Snapshot } from "../bridge/snapshot.ts";
import { type Left, Rig, type RigOptions } from "./rig-fake.ts";
import { kind, request, response } from "./rig-message.ts";

/** One route to sets of these sizes, one after the other; destinations are numbered through. */
function routed(sizes: readonly number[], options: RigOptions = {}, widths: readonly number[] = []): Rig {
  const reshape = (snapshot: Snapshot): Snapshot => {
    const base = snapshot.sets[0]!;
    let first = 0;
    const sets = sizes.map((size, index) => {
      const from = first;
      first += size;
      for (let slot = from; slot < first; slot++)
        snapshot.destinations[slot * DESTINATION_WORDS + DestinationColumn.set] = index;
      const part = { slots: base.slots.subarray(from, first), weights: base.weights.subarray(from, first) };
      const maxBranches = widths[index] ?? 1;
      const algorithm = maxBranches > 1 ? "parallel" : base.algorithm;
      const maxCalls = base.maxCalls.subarray(from, first);
      return { ...base, ...part, maxCalls, index, name: `set-${index}`, algorithm, maxBranches };
    });
    const routes = snapshot.routes.map((route) =>
      route.action.kind === "dispatch"
        ? { ...route, action: { ...route.action, others: sizes.slice(1).map((_, at) => at + 1) } }
        : route,
    );
    return { ...snapshot, sets, routes };
  };
  return new Rig({ destinations: sizes.reduce((sum, size) => sum + size, 0), ...options, reshape });
}

function inviteOf(left: readonly Left[]): Left | undefined {
  return left.find(({ text }) => kind(text) === "INVITE");
}

/** How many destinations of each set a call is offered to when all of them refuse it. */
function offered(sizes: readonly number[], algorithm = "round-robin"): number[] {
  const rig = routed(sizes, { algorithm, failover: { codes: [503], tries: 16 } });
  const tried: number[] = [];
  let at = inviteOf(rig.receive(request("INVITE")));
  while (at !== undefined) {
    tried.push(Number(at.to.slice(8, 11)) - 101);
    at = inviteOf(rig.receive(response(at.text, 503), at.to));
  }
  assert.equal(new Set(tried).size, tried.length, "nobody is asked twice");
  let first = 0;
  const counts: number[] = [];
  const order: number[] = [];
  for (const [set, size] of sizes.entries()) {
    const here = tried.filter((slot) => slot >= first && slot < first + size);
    counts.push(here.length);
    order.push(...here.map(() => set));
    first += size;
  }
  assert.deepEqual(order, order.toSorted(), "one set after the other");
  return counts;
}

test("when all sixteen destinations of the first set are full, calls go to the second", () => {
  const rig = routed([16, 1], { maxCalls: 1 });
  const went = Array.from({ length: 18 }, (_, call) => inviteOf(rig.receive(request("INVITE", { call })))?.to);
  assert.equal(new Set(went.slice(0, 16)).size, 16);
  assert.equal(went[16], "192.0.2.117:5060");
  assert.equal(went[17], undefined);
});

for (const algorithm of ["round-robin", "load-balancer"])
  test(`each set has as many places as it has destinations, up to an equal share [${algorithm}]`, () => {
    assert.deepEqual(offered([3, 2], algorithm), [3, 2]);
    assert.deepEqual(offered([16, 1], algorithm), [15, 1]);
    assert.deepEqual(offered([20, 2], algorithm), [14, 2]);
    assert.deepEqual(offered([16, 16], algorithm), [8, 8]);
    assert.deepEqual(offered([4, 20], algorithm), [4, 12]);
    assert.deepEqual(offered([10, 1, 10], algorithm), [10, 1, 5]);
    assert.deepEqual(offered([12, 12, 12], algorithm), [6, 5, 5]);
  });

test("a set that rings all at once has places for all of its branches, whatever is before or behind it", () => {
  for (const [sizes, widths, expected] of [
    [[12, 8], [12], [12, 4]],
    [[16, 8], [12], [12, 4]],
    [[16, 8, 8], [16], [14, 1, 1]],
    [[12, 8, 8], [12], [12, 3, 1]],
    [
      [8, 12],
      [1, 12],
      [4, 12],
    ],
    [
      [16, 16],
      [1, 16],
      [4, 12],
    ],
    [
      [12, 12],
      [12, 12],
      [12, 4],
    ],
    [
      [3, 12, 1],
      [1, 12],
      [3, 12, 1],
    ],
  ] as const) {
    const rig = routed(sizes, { failover: { codes: [503], tries: 16 } }, widths);
    const counts = sizes.map(() => 0);
    const sets = sizes.flatMap((size, set) => Array.from({ length: size }, () => set));
    let waiting = rig.receive(request("INVITE"));
    while (waiting.length > 0) {
      const next: Left[] = [];
      for (const one of waiting) {
        if (kind(one.text) !== "INVITE") continue;
        counts[sets[Number(one.to.slice(8, 11)) - 101]!]!++;
        next.push(...rig.receive(response(one.text, 503), one.to));
      }
      waiting = next;
    }
    assert.deepEqual(counts, expected, sizes.join());
  }
});
