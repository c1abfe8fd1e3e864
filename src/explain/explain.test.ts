import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { configOf } from "../control/testing/config.ts";
import { type Arrival, explain } from "./explain.ts";
import type { Explanation } from "./explanation.ts";
import { fileMessage, type ShortForm, shortMessage } from "./message-text.ts";
import { type LiveStates, type Stage, setStage } from "./stage.ts";

const LAN = { uri: "udp://10.9.9.2:5060", name: "lan", allow: ["10.9.0.0/16"] };
const CONFIG = {
  listeners: ["udp://10.9.9.1:5060", { uri: "udp://[2001:db8::1]:5060", name: "six" }, LAN],
  keys: ["a secret of enough characters"],
  trusted: ["198.18.0.0/15"],
  sets: {
    media: {
      algorithm: "hash-call-id",
      slots: "kamailio",
      destinations: [
        { uri: "sip:10.0.0.1:5060", name: "one" },
        { uri: "sip:10.0.0.2:5060", name: "two", max_calls: 5 },
        { uri: "sip:10.0.0.3:5060", name: "three", state: "draining" },
        { uri: "sip:10.0.0.4:5060", name: "four", weight: 7, state: "disabled" },
      ],
    },
    registrars: { algorithm: "hash-to", destinations: ["sip:10.0.1.1:5060"] },
  },
  routes: [
    { name: "registrations", method: "REGISTER", set: "registrars" },
    { name: "blocked", source: ["172.16.0.0/12"], reject: { status: 403, reason: "Not Here" } },
    { name: "old number", request_uri: "100@*", redirect: { status: 302, contact: "sip:200@example.com" } },
    { name: "noise", method: "OPTIONS", from: "scanner@*", drop: true },
    { name: "between servers", from_set: "registrars", set: "registrars" },
    { name: "elsewhere", source: "198.51.100.0/24", reject: { status: 488 } },
    { name: "media calls", set: "media", key: "to" },
  ],
};

function stageOf(live: LiveStates | null = null): Stage {
  const stage = setStage(configOf(CONFIG), live, new Map());
  if (!("snapshot" in stage)) throw new Error(stage.join("; "));
  return stage;
}

async function explained(
  form: Partial<ShortForm>,
  arrival: Partial<Arrival> = {},
  live: LiveStates | null = null,
): Promise<Explanation> {
  const source = form.source ?? "192.0.2.7:5060";
  const message = shortMessage({ method: "INVITE", requestUri: "sip:bob@example.com", ...form, source });
  const answer = explain(configOf(CONFIG), stageOf(live), message, { source, isLive: live !== null, ...arrival });
  if (typeof answer === "string") throw new Error(answer);
  return answer;
}

describe("fairlead explain", () => {
  it("a call: why each route before did not match, set, key, candidates in order, and what changes", async () => {
    const answer = await explained({ callId: "x" });
    assert.deepEqual(answer.skipped_routes, [
      { name: "registrations", why: "it is for REGISTER" },
      { name: "blocked", why: "the source is not in 172.16.0.0/12" },
      { name: "old number", why: "the request URI is not like 100@*" },
      { name: "noise", why: "it is for OPTIONS" },
      { name: "between servers", why: "it is for traffic from destinations (from_set: registrars)" },
      { name: "elsewhere", why: "the source is not in 198.51.100.0/24" },
    ]);
    assert.deepEqual(answer.route, {
      name: "media calls",
      action: "dispatch to set media by to",
      forwarding: "stateful",
    });
    assert.deepEqual([answer.set, answer.algorithm, answer.key?.source], ["media", "hash-call-id", "to"]);
    assert.equal(answer.key?.text, "sip:bob@example.com");
    const [first, second] = answer.destinations;
    // Kamailio's slot choice: the hash modulo all four, then on from there.
    const start = (answer.key?.value ?? 0) % 4;
    assert.equal(first?.name, ["one", "two", "one", "one"][start]);
    assert.deepEqual([first?.order, first?.outcome, second?.order, second?.outcome], [1, "taken", 2, "next"]);
    assert.deepEqual(
      answer.destinations.slice(2).map(({ name, order, why }) => [name, order, why]),
      [
        ["three", null, "draining, as configured"],
        ["four", null, "disabled, as configured"],
      ],
    );
    const target = first?.name === "one" ? "10.0.0.1:5060" : "10.0.0.2:5060";
    assert.equal(answer.outcome.what, `to ${target} from 10.9.9.1:5060`);
    assert.ok(answer.changes.some(({ sign, line }) => sign === "+" && line === "Max-Forwards: 69"));
    assert.ok(answer.changes.some(({ sign, line }) => sign === "-" && line === "Max-Forwards: 70"));
    assert.ok(answer.changes.some(({ sign, line }) => sign === "+" && line.startsWith("Record-Route: <sip:10.9.9.1")));
    assert.ok(answer.changes.some(({ sign, line }) => sign === " " && line === "Call-ID: x"));
  });

  it("where all are called at once, it says so of each, and who comes behind them", async () => {
    const sets = { ...CONFIG.sets, media: { ...CONFIG.sets.media, algorithm: "parallel" } };
    const config = configOf({ ...CONFIG, sets, routes: [{ sets: ["media", "registrars"] }] });
    const stage = setStage(config, null, new Map());
    assert.ok("snapshot" in stage);
    const source = "192.0.2.7:5060";
    const message = shortMessage({ method: "INVITE", requestUri: "sip:bob@example.com", source });
    const answer = explain(config, stage, message, { source, isLive: false });
    assert.ok(typeof answer !== "string");
    assert.deepEqual(
      answer.destinations.slice(0, 3).map(({ name, outcome, why }) => [name, outcome, why]),
      [
        ["one", "taken", "one of 2 at once"],
        ["two", "taken", "one of 2 at once"],
        ["sip:10.0.1.1:5060", "next", "for failover"],
      ],
    );
  });

  it("the same Call-ID goes to the same destination whatever the source", async () => {
    const [a, b] = [await explained({ to: "sip:b@x" }), await explained({ to: "sip:b@x", source: "192.0.2.8:9" })];
    assert.deepEqual(a.destinations, b.destinations);
  });

  it("a stranger's asserted identity is shown as removed, with the reason; a trusted one stays", async () => {
    const headers = ["P-Asserted-Identity : <sip:admin@example.com>"];
    const { changes, notes } = await explained({ headers });
    assert.deepEqual(
      changes.filter(({ line }) => /asserted/i.test(line)),
      [{ sign: "-", line: headers[0] }],
    );
    assert.ok(notes.some((note) => note.startsWith("protected headers are removed")));
    const trusted = await explained({ headers, source: "198.18.0.1:5060" });
    assert.ok(trusted.changes.some(({ sign, line }) => sign === " " && line === headers[0]));
    assert.ok(!trusted.notes.some((note) => note.startsWith("protected headers")));
  });

  it("a stranger's Route is shown as removed, with the reason; a trusted one stays", async () => {
    const headers = ["Route: <sip:203.0.113.66;lr>"];
    const { changes, notes } = await explained({ headers });
    assert.ok(changes.some(({ sign, line }) => sign === "-" && line === headers[0]));
    assert.ok(notes.some((note) => note.startsWith("its Route is not followed")));
    const trusted = await explained({ headers, source: "198.18.0.1:5060" });
    assert.ok(trusted.changes.some(({ sign, line }) => sign === " " && line === headers[0]));
    assert.ok(!trusted.notes.some((note) => note.startsWith("its Route")));
  });

  it("a listener that does not take requests from there says so", async () => {
    const { way, outcome, route } = await explained({}, { listener: "lan" });
    assert.equal(way, "the listener does not take requests from there (allow)");
    assert.deepEqual([outcome.kind, outcome.what, route], ["dropped", "dropped not allowed", null]);
    assert.equal((await explained({ source: "10.9.8.7:5060" }, { listener: "lan" })).outcome.kind, "forwarded");
  });

  it("routes that answer by themselves say what the caller gets", async () => {
    const blocked = await explained({ source: "172.16.3.4:5060" });
    assert.deepEqual([blocked.route?.name, blocked.outcome.what], ["blocked", "403 Not Here"]);
    const moved = await explained({ requestUri: "sip:100@example.com" });
    assert.deepEqual(
      [moved.route?.action, moved.outcome.kind],
      ["redirect with 302 to sip:200@example.com", "answered"],
    );
    const noise = await explained({ method: "OPTIONS", from: "sip:scanner@example.com" });
    assert.deepEqual([noise.outcome.kind, noise.outcome.what], ["dropped", "dropped by route"]);
    assert.deepEqual([noise.set, noise.destinations.length, noise.changes.length], [null, 0, 0]);
  });

  it("a malformed message: reason and answer, and no routing", async () => {
    const message = fileMessage(
      Buffer.from(
        "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1\r\nTo: <sip:b@x>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n",
      ),
    );
    const answer = explain(configOf(CONFIG), stageOf(), message, { isLive: false });
    assert.ok(typeof answer !== "string");
    assert.deepEqual(answer.verdict, { ok: false, reason: "missing_from", answer: "400 Missing From" });
    assert.deepEqual([answer.source, answer.route, answer.outcome.what], ["192.0.2.7:5060", null, "400 Missing From"]);
    assert.equal(answer.way, "refused by validation (RFC 3261 16.3)");
  });

  it("traffic from a destination is named, and never goes back into its set", async () => {
    const answer = await explained({ source: "10.0.0.1:5060", requestUri: "sip:alice@192.0.2.50:5070" });
    assert.equal(answer.from_destination, "media/one");
    assert.equal(answer.skipped_routes.at(-1)?.why, "it is for traffic from outside; this came from a destination");
    assert.deepEqual([answer.route?.name, answer.set], ["from the destinations", null]);
    assert.equal(answer.outcome.what, "to 192.0.2.50:5070 from 10.9.9.1:5060");
  });

  it("what the packet path refuses for safety is said", async () => {
    const own = await explained({ source: "10.0.1.1:5060", requestUri: "sip:alice@192.0.2.50" });
    assert.deepEqual([own.route?.name, own.set], ["between servers", null]);
    assert.ok(own.notes.some((note) => note.includes("belongs to the route's own set")));
  });

  it("states and loads of the running instance count, with its reasons", async () => {
    const live: LiveStates = new Map([
      ["media\none", { state: "inactive", reason: "probe: no answer within 2000 ms", load: 0 }],
      ["media\ntwo", { state: "active", reason: "probe: 200", load: 5 }],
      ["media\nthree", { state: "active", reason: "operator", load: 1 }],
    ]);
    const answer = await explained({}, {}, live);
    const why = new Map(answer.destinations.map(({ name, outcome, why: text }) => [name, `${outcome}: ${text}`]));
    assert.equal(why.get("one"), "skipped: inactive: probe: no answer within 2000 ms");
    assert.equal(why.get("four"), "skipped: disabled: the running instance does not have it");
    assert.match(why.get("three") ?? "", /^taken/);
    // Full, so it is passed over where it comes first.
    assert.match(why.get("two") ?? "", /^(skipped: has its 5 calls|next: for failover)$/);
  });

  it("nobody left: 503, and why for each", async () => {
    const down = { state: "inactive", reason: "probe: 500", load: 0 } as const;
    const live: LiveStates = new Map(["one", "two", "three", "four"].map((name) => [`media\n${name}`, down]));
    const answer = await explained({}, {}, live);
    assert.deepEqual([answer.outcome.kind, answer.set], ["answered", "media"]);
    assert.match(answer.outcome.what, /^503 /);
    assert.ok(answer.destinations.every(({ order, why }) => order === null && why === "inactive: probe: 500"));
  });

  it("named resources: what the route needs, what each destination has free of that, and who has none of it", async () => {
    const config = configOf({
      listeners: ["udp://10.9.9.1:5060"],
      sets: {
        gateways: {
          algorithm: "load-balancer",
          destinations: [
            { uri: "sip:10.0.0.1", name: "one", resources: { pstn: 32, transc: 2 } },
            { uri: "sip:10.0.0.2", name: "two", resources: "pstn=30;transc=9" },
            { uri: "sip:10.0.0.3", name: "three", resources: { pstn: 99 } },
            { uri: "sip:10.0.0.4", name: "four", resources: { pstn: 5, transc: 5 } },
          ],
        },
      },
      routes: [{ set: "gateways", resources: ["pstn", "transc"] }],
    });
    const state = "active" as const;
    const live: LiveStates = new Map([
      ["gateways\none", { state, reason: "", load: 2, resources: { pstn: 2, transc: 2 } }],
      ["gateways\ntwo", { state, reason: "", load: 28, resources: { pstn: 28, transc: 1 } }],
      ["gateways\nthree", { state, reason: "", load: 0, resources: { pstn: 0 } }],
      ["gateways\nfour", { state, reason: "", load: 0, resources: { pstn: 0, transc: 0 } }],
    ]);
    const stage = setStage(config, live, new Map());
    assert.ok("snapshot" in stage);
    const message = shortMessage({ method: "INVITE", requestUri: "sip:bob@example.com", source: "192.0.2.7:5060" });
    const answer = explain(config, stage, message, { source: "192.0.2.7:5060", isLive: true });
    assert.ok(typeof answer !== "string");
    assert.deepEqual(answer.resources, ["pstn", "transc"]);
    assert.deepEqual(
      answer.destinations.map(({ name, outcome, why }) => `${name} ${outcome}: ${why}`),
      [
        "four taken: the first candidate: pstn 5 of 5, transc 5 of 5 free",
        "two next: for failover: pstn 2 of 30, transc 8 of 9 free",
        "one skipped: all of its 2 transc in use",
        "three skipped: has no transc",
      ],
    );
    assert.deepEqual(answer.destinations[1]?.resources.pstn, { capacity: 30, load: 28 });
    assert.ok(answer.notes.some((note) => note.includes("goes by the resources in use")));
  });

  it("a request with our Record-Route follows it; a forged one gets 481", async () => {
    const invite = await explained({ from: "<sip:a@b>;tag=1" });
    const recorded = invite.changes.find(({ line }) => line.startsWith("Record-Route: "))?.line.slice(14) ?? "";
    const form = { method: "BYE", from: "<sip:a@b>;tag=1", to: "<sip:b@x>;tag=2" };
    const bye = await explained({ ...form, headers: [`Route: ${recorded}`] });
    assert.match(bye.way, /by our Record-Route: to the destination/);
    assert.equal(bye.outcome.what.split(" ")[1], invite.outcome.what.split(" ")[1]);
    const forged = await explained({ ...form, from: "<sip:a@b>;tag=9", headers: [`Route: ${recorded}`] });
    assert.match(forged.outcome.what, /^481 /);
  });

  it("what only the running instance knows is said", async () => {
    const bye = await explained({ method: "BYE", to: "<sip:b@x>;tag=2" });
    assert.ok(bye.notes.some((note) => note.includes("a dialog that it remembers")));
    const cancel = await explained({ method: "CANCEL" });
    assert.ok(cancel.notes.some((note) => note.includes("the transaction of its INVITE")));
  });

  it("listeners are found by family, name and URI", async () => {
    assert.equal((await explained({ source: "[2001:db8::9]:5060" })).listener, "six");
    assert.equal((await explained({}, { listener: "udp://10.9.9.1:5060" })).listener, "udp://10.9.9.1:5060");
    await assert.rejects(
      explained({}, { listener: "seven" }),
      /there is no listener "seven" \(there are: .*, six, lan\)/,
    );
    await assert.rejects(explained({}, { source: "example.com" }), /is not an address/);
  });

  it("a response that nobody asked for goes nowhere", async () => {
    const text =
      "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.9.9.1:5060;branch=z9hG4bKx\r\nVia: SIP/2.0/UDP 192.0.2.7\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@x>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n";
    const answer = explain(configOf(CONFIG), stageOf(), fileMessage(Buffer.from(text)), { isLive: false });
    assert.ok(typeof answer !== "string");
    assert.deepEqual([answer.message, answer.outcome.what], ["SIP/2.0 200 OK", "dropped unmatched response"]);
  });

  it("files with LF line ends are read, and it says so", async () => {
    const { bytes } = shortMessage({ method: "INVITE", requestUri: "sip:b@x", source: "192.0.2.7:5060" });
    const read = fileMessage(Buffer.from(bytes.toString().replaceAll("\r\n", "\n")));
    assert.equal(read.bytes.toString(), bytes.toString());
    assert.equal(read.notes.length, 1);
  });
});
