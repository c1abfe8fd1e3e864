import assert from "node:assert/strict";
import { configuredSet } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";

scenario(
  "numbers, headers and parts of URIs choose the route, by pattern, text or beginning",
  { io: "batched" },
  async (stage) => {
    const { lb, phone, destination } = stage;
    const [germany, emergency, gold, rest] = [200, 200, 200, 200].map((status) => destination.answers(status));
    await lb.runs({
      sets: {
        germany: await configuredSet("round-robin", [germany!]),
        emergency: await configuredSet("round-robin", [emergency!]),
        gold: await configuredSet("round-robin", [gold!]),
        rest: await configuredSet("round-robin", [rest!]),
      },
      routes: [
        { match: { "header:User-Agent": { prefix: ["scan", "friendly"] } }, reject: { status: 403 } },
        { match: { "request-uri.param:tgrp": "^black" }, reject: { status: 480 } },
        { match: { "request-uri.param:lr": "lr", "request-uri.port": "^9" }, reject: { status: 404 } },
        { match: { "request-uri.user": { is: [112, "110"] } }, set: "emergency" },
        {
          match: { "request-uri.user": "^0049[1-9]\\d{3,}$", "header:X-Class": { not: "(?i)^gold$" } },
          set: "germany",
        },
        { match: { "header:X-Class": "(?i)^gold$" }, set: "gold" },
        { set: "rest", translate: { from: "^1(\\d)(\\d*)$", to: "+\\2-\\1" } },
      ],
    });
    const called = async (user: string, headers: { name: string; value: string }[] = []): Promise<number> =>
      phone.requests("OPTIONS", `sip:${user}@example.com`, { headers });
    const counts = (): number[] => [germany, emergency, gold, rest].map((each) => each!.heard("OPTIONS").length);
    assert.equal(await called("004930123"), 200);
    assert.deepEqual(counts(), [1, 0, 0, 0]);
    assert.equal(await called("0049030123"), 200);
    assert.equal(await called("00493"), 200);
    assert.deepEqual(counts(), [1, 0, 0, 2], "0 behind the country code, and too short: neither fits the pattern");
    assert.equal(await called("112"), 200);
    assert.equal(await called("1120"), 200);
    assert.equal(rest!.heard("OPTIONS").at(-1)?.uri, "sip:+20-1@example.com", "translated");
    assert.deepEqual(counts(), [1, 1, 0, 3]);
    assert.equal(await called("004930123", [{ name: "X-Class", value: "Gold" }]), 200);
    assert.deepEqual(counts(), [1, 1, 1, 3]);
    assert.equal(await called("004930123", [{ name: "User-Agent", value: "friendly-phone" }]), 403);
    assert.deepEqual(counts(), [1, 1, 1, 3]);
    assert.equal(await phone.requests("OPTIONS", "sip:1@example.com;Tgrp=blacklist"), 480);
    assert.equal(await phone.requests("OPTIONS", "sip:1@example.com:9000;lr"), 404);
  },
);
