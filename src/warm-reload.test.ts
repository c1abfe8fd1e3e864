import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Config } from "./config/schema.ts";
import { translateTable } from "./config/tables/translate.ts";
import { configOf } from "./control/testing/config.ts";
import { madeUpTable, warmReloads } from "./warm-reload.ts";

const KINDS = ["kamailio", "opensips", "load_balancer"] as const;

function configWith(kind: (typeof KINDS)[number]): Config {
  const source = { url: "sqlite:///nowhere", columns: { id: "number" }, sets: { 1: "media" } };
  return configOf({ listeners: ["udp://127.0.0.1:23010"], sources: [{ [kind]: source }] });
}

describe("the warm-up of reloads", () => {
  for (const kind of KINDS) {
    it(`runs over rows that make destinations, in a table of ${kind}`, () => {
      const { sources, listeners } = configWith(kind);
      const translated = translateTable(sources[0]!, madeUpTable(sources[0]!, 3, 40), { sets: [], listeners });
      if (typeof translated === "string") assert.fail(translated);
      assert.deepEqual(translated.remarks, []);
      assert.equal([...translated.destinations.values()].flat().length, 40);
      assert.ok(translated.destinations.has("media"));
    });

    it(`leaves a configuration with a source of ${kind} as it is`, async () => {
      const config = configWith(kind);
      const before = JSON.stringify(config);
      await warmReloads(config, () => false);
      assert.equal(JSON.stringify(config), before);
    });
  }
});
