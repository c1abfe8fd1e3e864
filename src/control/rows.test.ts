import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Target } from "../net/dns/locate.ts";
import { rowsOf } from "./rows.ts";
import { configOf } from "./testing/config.ts";
import { locationsOf, targetAt } from "./testing/locations.ts";

function rows(destinations: readonly unknown[], hosts: Record<string, readonly Target[]>, more: object = {}) {
  const config = configOf({ listeners: ["udp://127.0.0.1:5060"], sets: { a: { destinations, ...more } } });
  return rowsOf(config, locationsOf(config, hosts));
}
const SRV = [
  targetAt("10.0.0.1", { priority: 10, weight: 60, host: "a.test" }),
  targetAt("10.0.0.2", { priority: 10, weight: 40, host: "b.test" }),
  targetAt("10.0.0.3", { priority: 20, weight: 0, host: "c.test", rank: 1 }),
];

describe("the rows of a name", () => {
  it("one for every server, named after destination and address, with the destination's own settings", () => {
    const given = [{ uri: "sip:sip.test", name: "pbx", max_calls: 7, priority: 3 }, "sip:10.9.9.9"];
    const [one, two, last] = rows(given, { "sip.test": [targetAt("10.0.0.2"), targetAt("10.0.0.1")] });
    assert.deepEqual([one?.config.name, two?.config.name], ["pbx/10.0.0.1:5060", "pbx/10.0.0.2:5060"]);
    assert.deepEqual([one?.config.maxCalls, one?.config.priority, one?.origin.name], [7, 3, "pbx"]);
    assert.deepEqual([last?.config.name, last?.config === last?.origin], ["sip:10.9.9.9", true]);
  });

  it("their order does not depend on the order of the answer", () => {
    const names = (targets: readonly Target[]) =>
      rows(["sip:sip.test"], { "sip.test": targets }).map(({ config }) => config.name);
    assert.deepEqual(names(SRV), names([...SRV].reverse()));
  });

  it("SRV weights divide the weight of the destination among servers of one priority; on average it stays", () => {
    const weights = (destinations: readonly unknown[], hosts: Record<string, readonly Target[]>) =>
      rows(destinations, hosts).map(({ config }) => config.weight);
    assert.deepEqual(weights(["sip:sip.test"], { "sip.test": SRV }), [6, 4, 5], "60:40, and the third by itself");
    const beside = { uri: "sip:10.9.9.9", weight: 2 };
    assert.deepEqual(weights([{ uri: "sip:sip.test", weight: 2 }, beside], { "sip.test": SRV }), [12, 8, 10, 10]);
    const equal = [targetAt("10.0.0.1"), targetAt("10.0.0.2")];
    assert.deepEqual(weights([{ uri: "sip:sip.test", weight: 5 }, beside], { "sip.test": equal }), [5, 5, 2]);
    const none = [targetAt("10.0.0.1", { weight: 0 }), targetAt("10.0.0.2", { weight: 0 })];
    assert.deepEqual(weights(["sip:sip.test"], { "sip.test": none }), [1, 1], "all 0 are equal");
  });

  it("however odd the weights are, rows have whole weights within the tables, in proportion", () => {
    const primes = [65_521, 65_519, 2, 1, 0].map((weight, i) => targetAt(`10.0.0.${i}`, { weight }));
    const others = [3, 7, 11].map((weight, i) => targetAt(`10.0.1.${i}`, { weight }));
    const found = rows(["sip:one.test", { uri: "sip:two.test", weight: 999 }], {
      "one.test": primes,
      "two.test": others,
    });
    const weights = found.map(({ config }) => config.weight);
    for (const weight of weights) assert.ok(Number.isInteger(weight) && weight <= 65_535, `${weight}`);
    assert.deepEqual([weights[4], weights.slice(0, 4).every((weight) => weight > 0)], [0, true]);
    const [a = 0, b = 0, c = 0] = weights.slice(5);
    assert.ok(Math.abs(a / c - 3 / 11) < 0.001 && Math.abs(b / c - 7 / 11) < 0.001, weights.join());
  });

  it("a name that is nowhere is one row without an address, and says why", () => {
    const [row] = rows(["sip:nowhere.test"], {});
    assert.deepEqual(
      [row?.address, row?.config.name, row?.why],
      ["", "sip:nowhere.test", "host name nowhere.test does not resolve"],
    );
  });
});
