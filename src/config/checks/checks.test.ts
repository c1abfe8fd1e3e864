import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeIo } from "../io-fake.ts";
import { loadYaml } from "../load.ts";

function warnings(text: string): string[] {
  return loadYaml(text, "f.yaml", fakeIo()).problems.map((problem) => problem.what);
}

const LISTENERS = 'listeners: ["udp://127.0.0.1:5060"]\n';
const SET = 'sets: {m: {algorithm: ALGORITHM, destinations: ["sip:10.0.0.1", {uri: "sip:10.0.0.2", MORE}]}}\n';
const KEYS = 'keys: ["0123456789abcdef0123456789abcdef"]\n';

function config(algorithm: string, more: string, rest = ""): string {
  return LISTENERS + SET.replace("ALGORITHM", algorithm).replace("MORE", more) + KEYS + rest;
}

/** A set of round-robin with one more setting. */
function of(setting: string): string {
  return config("round-robin", "").replace("destinations:", `${setting}, destinations:`);
}

describe("check warns about", () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    [
      "a stateless route that matches a header",
      config("hash-call-id", "", "routes: [{set: m, match: {header:X-A: b}, forwarding: stateless}]"),
      /CANCEL or an ACK need not have/,
    ],
    ["stateless forwarding with round robin", config("round-robin", "", "forwarding: stateless"), /chooses anew/],
    [
      "a stateless route with random",
      config("random", "", "routes: [{set: m, forwarding: stateless}]"),
      /chooses anew/,
    ],
    [
      "max_calls that nobody counts",
      config("hash-call-id", "max_calls: 3", "forwarding: stateless"),
      /max_calls has no effect/,
    ],
    [
      "a path whose tokens die with the process",
      config("hash-call-id", "", "routes: [{set: m, path: always}]").replace(KEYS, ""),
      /no keys: after a restart/,
    ],
    [
      "phones with our Path whose quiet connections end before their registration",
      config("hash-call-id", "", "routes: [{set: m, path: always}]").replace('"]', '", "tcp://127.0.0.1:5061"]'),
      /say nothing for 10m lose their connection/,
    ],
    [
      "phones with a repaired Contact whose quiet connections end before their registration",
      config("hash-call-id", "", "streams: {idle: 59m}").replace(
        '"]',
        '", {uri: "tcp://127.0.0.1:5060", contact: repair}]',
      ),
      /say nothing for 59m lose their connection/,
    ],
    [
      "keep-alives that nobody gets: no UDP",
      config("hash-call-id", "", "keepalive: {}")
        .replace("udp:", "tcp:")
        .replaceAll(/sip:[\d.]+/g, "$&;transport=tcp"),
      /no listener of UDP/,
    ],
    [
      "keep-alives that nobody gets: stateless",
      config("hash-call-id", "", "keepalive: {}\nforwarding: stateless"),
      /does not see how a registration is answered/,
    ],
    [
      "silence that disables, in a set",
      of("failover: {mark: [timeout, 503], mark_as: disabled}"),
      /stays so until somebody enables it/,
    ],
    [
      "silence that disables, by a route and its set",
      of("failover: {mark_as: disabled}").concat("routes: [{set: m, failover: {mark: [timeout]}}]"),
      /stays so until somebody enables it/,
    ],
    [
      "silence that disables at once, by a route whose set takes its time",
      of("failover: {mark: [timeout], mark_as: disabled, mark_after: 3}").concat(
        "routes: [{set: m, failover: {mark_after: 1}}]",
      ),
      /does not answer once is disabled/,
    ],
    [
      "probes from a listener that cannot send there",
      config("random", "probe_listener: 'tcp://127.0.0.1:5060'").replace(
        "listeners: [",
        'listeners: ["tcp://127.0.0.1:5060", ',
      ),
      /cannot leave from tcp:\/\/127\.0\.0\.1:5060/,
    ],
    ["weights under round robin", config("round-robin", "weight: 3"), /does not look at weight/],
    [
      "answer times that nobody measures",
      config("fastest", "weight: 1").replace("{algorithm: fastest,", "{algorithm: fastest, probe: false,"),
      /fastest goes by answer times, and nothing measures/,
    ],
    [
      "congestion control under an algorithm that does not know it",
      config("kamailio:9", "attrs: {cc: 1}"),
      /cc=1 \(congestion control\) does nothing under kamailio:9/,
    ],
    [
      "congestion control that not all of a set have",
      config("kamailio:11", "attrs: {cc: 1}"),
      /cc=1 does nothing under kamailio:11 while a destination of set "m" is without it/,
    ],
    [
      "congestion control without probes",
      config("kamailio:11", "attrs: {cc: 1}")
        .replace('"sip:10.0.0.1"', '{uri: "sip:10.0.0.1", attrs: {cc: 1}}')
        .replace("{algorithm: kamailio:11,", "{algorithm: kamailio:11, probe: false,"),
      /cc=1 goes by the answer times of probes, and there are none/,
    ],
    [
      "a told weight under weighted",
      config("weighted", "weight: 'fs://:secret@10.0.0.2'"),
      /a weight that a FreeSWITCH tells does nothing under weighted: it is 100/,
    ],
    ["scores under random", config("random", "score: 3"), /random does not look at score/],
    ["priorities under random", config("random", "priority: 3"), /does not look at priority/],
    ["a set without destinations", `${LISTENERS}sets: {m: {}}`, /has no destinations/],
    [
      "a set of which all are off",
      `${LISTENERS}sets: {m: {destinations: [{uri: "sip:10.0.0.1", state: disabled}]}}`,
      /can be used/,
    ],
    [
      "a route behind one that takes everything",
      config("random", "", "routes: [{set: m}, {method: REGISTER, drop: true}]"),
      /"route 2" never matches/,
    ],
    [
      "a narrower block behind a wider one",
      config("random", "", "routes: [{source: 10.0.0.0/8, drop: true}, {source: 10.1.0.0/16, set: m}, {set: m}]"),
      /"route 2" never matches/,
    ],
    [
      "a set that no route names",
      `${LISTENERS}sets: {a: {destinations: ["sip:a"]}, b: {destinations: ["sip:b"]}}\nroutes: [{set: a}]`,
      /no route leads to set "b"/,
    ],
    [
      "large requests by TCP without a listener for it",
      config("random", "large_requests: tcp"),
      /go by UDP without a tcp listener/,
    ],
    [
      "large requests by TCP without transactions",
      config("hash-call-id", "large_requests: tcp", "forwarding: stateless").replace(
        '"]',
        '", "tcp://127.0.0.1:5060"]',
      ),
      /where their CANCEL has to go/,
    ],
    [
      "large requests by TCP where all of them are",
      config("random", "large_requests: tcp")
        .replace("sip:10.0.0.2", "sip:10.0.0.2;transport=tcp")
        .replace('"]', '", "tcp://127.0.0.1:5060"]'),
      /this does nothing/,
    ],
    [
      "a header of the PROXY protocol over UDP",
      config("random", "proxy_protocol: v2"),
      /is reached by UDP, which has no such header/,
    ],
    [
      "one server under two names",
      config("random", "name: twin").replace("sip:10.0.0.2", "sip:10.0.0.1:5060"),
      /"twin" is where "sip:10.0.0.1" is: one server counts as two/,
    ],
    ["more workers than cores", config("random", "", "workers: 9"), /9 workers on 4 cores/],
    ["a wildcard listener", config("random", "").replace("127.0.0.1", "0.0.0.0"), /has no advertise/],
    ["a destination that is ourselves", config("random", "").replace("10.0.0.1", "127.0.0.1:5060"), /a loop/],
    [
      "an IPv6 destination without IPv6 listener",
      config("random", "").replace("10.0.0.1", "[2001:db8::1]"),
      /no listener of its address family/,
    ],
    [
      "an IPv4 destination with an IPv6 wildcard only",
      'listeners: [{uri: "udp://[::]:5060", advertise: sip.example.com}]\nsets: {m: {destinations: ["sip:10.0.0.1"]}}',
      /no listener of its address family/,
    ],
    [
      "a method in small letters",
      config("random", "", "routes: [{method: invite, drop: true}, {set: m}]"),
      /not in capitals/,
    ],
    [
      "a method with a letter too few",
      config("random", "", "routes: [{method: INVIT, drop: true}, {set: m}]"),
      /no RFC has a method "INVIT"/,
    ],
    [
      "a method of a condition that no request has",
      config("random", "", "routes: [{match: {method: '^INVIT$'}, drop: true}, {set: m}]"),
      /no RFC has a method "INVIT"/,
    ],
    [
      "a method of a condition in small letters",
      config("random", "", "routes: [{match: {method: {is: [invite, BYE]}}, drop: true}, {set: m}]"),
      /method "invite" is not in capitals/,
    ],
    [
      "a probe that overlaps the next",
      `${LISTENERS}sets: {m: {destinations: ["sip:a"], probe: {every: 1s}}}`,
      /timeout is longer/,
    ],
    [
      "an answer-seizure ratio of callers whom nobody trusts",
      config("random", "").replace("destinations:", "outliers: {taken_percent: 40}, destinations:"),
      /refusals such as 404 and 486 count for callers that are trusted only/,
    ],
    [
      "more tries than candidates",
      of("failover: {tries: 17}"),
      /at most 16 candidates: the rest of 17 tries never happens/,
    ],
    ["branches of who sends to one at a time", of("max_branches: 3"), /round-robin sends to one destination at a time/],
    ["ring_timeout that never happens", of("failover: {on: [ring_timeout]}"), /there is no ring_limit/],
    [
      "ring_timeout of a route that never happens",
      config("random", "", "routes: [{set: m, failover: {on: [ring_timeout]}}]"),
      /there is no ring_limit/,
    ],
    [
      "ring_limit where nobody has timers",
      config("hash-call-id", "", "forwarding: stateless").replace(
        "destinations:",
        "failover: {ring_limit: 3s}, destinations:",
      ),
      /stateless forwarding has no timers/,
    ],
    [
      "ring_limit of a route where nobody has timers",
      config("hash-call-id", "", "routes: [{set: m, failover: {ring_limit: 3s}, forwarding: stateless}]"),
      /stateless forwarding has no timers/,
    ],
    [
      "ocmin above ocmax",
      config("'kamailio:64'", 'attrs: {ocmin: "90", ocmax: "10"}'),
      /ocmin 90 is more than ocmax 10/,
    ],
    ["an ocmin that is no number", config("'kamailio:64'", "attrs: {ocmin: ten}"), /ocmin: "ten" is no percentage/],
  ];
  for (const [title, text, wanted] of cases) {
    it(title, () => {
      const found = warnings(text);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", wanted);
    });
  }

  it("nothing where there is nothing", () => {
    assert.deepEqual(warnings(of("failover: {on: [ring_timeout], ring_limit: 3s}")), []);
    assert.deepEqual(
      warnings(`${of("failover: {on: [ring_timeout]}")}routes: [{set: m, failover: {ring_limit: 3s}}]`),
      [],
    );
    const phones = config("hash-call-id", "", "routes: [{set: m, path: always}]\n");
    assert.deepEqual(warnings(phones.replace("udp:", "ws:").replaceAll(/sip:[\d.]+/g, "$&;transport=ws")), []);
    assert.deepEqual(warnings(`${phones.replace('"]', '", "tcp://127.0.0.1:5060"]')}streams: {idle: 1h}`), []);
    const patient = "failover: {mark: [timeout], mark_as: disabled, mark_after: 3}";
    assert.deepEqual(warnings(of(patient)), []);
    assert.deepEqual(warnings(`${config("random", "")}routes: [{set: m, ${patient}}]`), []);
    assert.deepEqual(warnings(of(patient).concat("routes: [{set: m, failover: {mark: [timeout, 503]}}]")), []);
    assert.deepEqual(warnings(config("'kamailio:64'", 'attrs: {ocmin: "10", ocmax: "100"}')), []);
    assert.deepEqual(warnings(config("weighted", "weight: 3", "workers: 2")), []);
    assert.deepEqual(warnings(config("hash-from", "", "forwarding: stateless")), []);
    // A server that is another gateway with another prefix.
    assert.deepEqual(warnings(config("random", "name: twin, prefix: 9").replace("sip:10.0.0.2", "sip:10.0.0.1")), []);
    // A method of an extension, and a pattern that is in INVITE.
    const methods = "{method: [SERVICE, KDMQ], drop: true}, {match: {method: INVIT}, drop: true}";
    assert.deepEqual(warnings(config("random", "", `routes: [${methods}, {set: m}]`)), []);
    assert.deepEqual(
      warnings(
        config("random", "", "routes: [{from_set: any, forward: true}, {method: REGISTER, drop: true}, {set: m}]"),
      ),
      [],
    );
  });
});

it("check points at the destination that has what its algorithm does not look at, and not at the one after it", () => {
  const text = `${LISTENERS}sets:\n  m:\n    destinations:\n      - {uri: "sip:10.0.0.1", weight: 3}\n      - "sip:10.0.0.2"\n${KEYS}`;
  const found = loadYaml(text, "f.yaml", fakeIo()).problems;
  assert.deepEqual(
    found.map(({ line, what }) => [line, what]),
    [[5, "round-robin does not look at weight"]],
  );
});
