// How long names are waited for.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hurried } from "../../test/kit/hurried.ts";
import type { Location, Target } from "../net/dns/locate.ts";
import { type Locations, locateNames, type Waiting } from "./names.ts";
import { configOf } from "./testing/config.ts";

/** Two of three name servers are dead: two timeouts of 2 s have passed, and a little more, when the third one has answered. */
const SERVERS = ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"];
const ANSWER_AFTER = 6_500;
const CONFIG = configOf({
  listeners: ["udp://127.0.0.1:23010"],
  dns: { servers: SERVERS, timeout: "2s" },
  sets: { a: { destinations: [{ uri: "sip:sip.test", name: "pbx" }] } },
});

function at(address: string): Location {
  const target: Target = { address, port: 5060, transport: "udp", host: "sip.test", priority: 0, weight: 1, rank: 0 };
  return { targets: [target], until: 1e6, why: "" };
}

/** What is found when the answer is `10.0.0.2` after `ANSWER_AFTER`, as text. */
async function found(known: Locations, waiting: Waiting): Promise<string> {
  const slow = () => new Promise<Location>((resolve) => setTimeout(() => resolve(at("10.0.0.2")), ANSWER_AFTER));
  const locations = await hurried(ANSWER_AFTER, () => locateNames(CONFIG, slow, known, () => 0, waiting));
  return [...locations.values()].map(({ targets, why }) => `${targets.map(({ address }) => address)} ${why}`).join();
}

describe("names are waited for", () => {
  const nothing: Locations = new Map();

  it("for as long as the name servers may take in turn", async () => {
    assert.equal(await found(nothing, "reload"), "10.0.0.2 ");
    const known = await locateNames(
      CONFIG,
      async () => at("10.0.0.1"),
      nothing,
      () => 0,
      "reload",
    );
    assert.equal(await found(known, "refresh"), "10.0.0.2 ", "also where they are known: nobody waits for that");
  });

  it("shortly by a reload, where they are known", async () => {
    const known = await locateNames(
      CONFIG,
      async () => at("10.0.0.1"),
      nothing,
      () => 0,
      "reload",
    );
    assert.equal(await found(known, "reload"), "10.0.0.1 no answer within 1 s");
  });
});
