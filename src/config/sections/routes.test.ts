// What is wrong with a route is said at its place, with what would be right; what is right is written as it was read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stringify } from "yaml";
import { fakeIo } from "../io-fake.ts";
import { loadYaml } from "../load.ts";
import { formatProblem } from "../problem.ts";
import { written } from "../written.ts";

const HEAD =
  'listeners: ["udp://127.0.0.1:5060"]\nsets:\n  a: {destinations: ["sip:10.0.0.1"]}\n  b: {destinations: ["sip:10.0.0.2"]}\nroutes:\n';

function load(text: string) {
  return loadYaml(HEAD + text, "f.yaml", fakeIo());
}

test("a mistake in a route is named with its line and what would be right", () => {
  for (const [text, wanted] of [
    [
      "- {set: a, match: {request-uri.user: '^(?=1)'}}",
      /^f\.yaml:6:\d+: error: "\^\(\?=1\)" cannot be used: .*only \(\?:…\).*\(text, \./,
    ],
    ["- {set: a, match: {request-uri.usr: '1'}}", /there is no \{request-uri\.usr\}.*\{request-uri\.user\}/],
    ["- {set: a, match: {method: {is: a, prefix: b}}}", /2 ways of comparing \(exactly one of like, is, prefix\)/],
    ["- {sets: [a, c]}", /^f\.yaml:6:\d+: error: there is no set "c"/],
    ["- {sets: [a, a]}", /set "a" is there twice/],
    ["- {set: a, sets: [b]}", /the route has 2 actions: set, sets/],
    ["- {drop: true, failover: {tries: 2}}", /failover without set/],
    ["- {drop: true, headers: {}}", /headers without set/],
    ["- {set: a, failover: {on: [200]}}", /200 is no code to fail over on/],
    ["- {set: a, failover: {on: [2xx]}}", /2xx|a class such as 5xx|Invalid/],
    ["- {set: a, headers: {set: {Via: x}}}", /Via is not to be changed: transactions, dialogs and routing live on it/],
    ["- {set: a, headers: {remove: [i]}}", /i is not to be changed/],
    ["- {set: a, headers: {add: {X-A: '{nobody}'}}}", /there is no \{nobody\}/],
    ['- {set: a, headers: {add: {X-A: "a\\r\\nVia: b"}}}', /one line of text/],
    ["- {set: a, translate: {from: '^(1)', to: '\\2'}}", /has \\2, and the pattern has 1 groups/],
    ["- {set: a, translate: {from: '1', to: 'a b'}}", /the user of a URI/],
    ["- {redirect: {status: 302}}", /exactly one of contact, set/],
    ["- {redirect: {set: c}}", /there is no set "c"/],
    ["- {set: a, rewrite_uri: user}", /rewrite_uri/],
  ] as const) {
    const { config, problems } = load(`${text}\n- {set: b}\n`);
    assert.equal(config, undefined, text);
    assert.match(problems.map(formatProblem).join("\n"), wanted, text);
  }
});

test("a class that marks leaves out what speaks of the request, which marks where it is written out", () => {
  const codesOf = (mark: string) => {
    const { config } = load(`\n- {set: a, failover: {mark: [${mark}]}}\n- {set: b}\n`);
    assert.ok(config);
    const again = loadYaml(stringify(written(config)), "f.yaml", fakeIo()).config;
    assert.deepEqual(again?.routes, config.routes, mark);
    const route = config.routes[0]!;
    return "failover" in route.action ? (route.action.failover?.marks ?? []) : [];
  };
  assert.deepEqual(
    [501, 505, 513].filter((code) => codesOf("5xx").includes(code)),
    [],
  );
  assert.deepEqual(
    [500, 502, 503, 599].filter((code) => !codesOf("5xx").includes(code)),
    [],
  );
  assert.equal(codesOf("5xx").length, 97);
  assert.deepEqual(
    [501, 505, 513].filter((code) => codesOf("5xx, 501, 4xx").includes(code)),
    [501],
  );
  assert.deepEqual(codesOf("501"), [501]);
  assert.equal(codesOf("5xx, 501, 505, 513").length, 100);
});

test("a route that is written and read again is the same", () => {
  const { config, problems } = load(`
  - match: {request-uri.user: ['^1', '^2'], header:X-A: {not: {is: b}}, "{from.user}@{source}": {prefix: ["a", "b"]}}
    sets: [a, b]
    failover: {on: [timeout, 5xx, 486], tries: 2, answer_within: 1s, after_provisional: true, mark: [timeout, 503], mark_as: disabled, mark_after: 4}
    unavailable: {status: 480, reason: Later, retry_after: 5s}
    no_destination: {status: 404}
    rewrite_uri: host
    translate: [{from: '^00(\\d+)$', to: '+\\1'}]
    headers: {remove: [Subject], set: {User-Agent: edge}, add: {X-Source: "{source}"}}
  - {method: OPTIONS, redirect: {status: 301, reason: Moved, set: b}}
  - {set: b}
`);
  assert.ok(config, problems.map(formatProblem).join("\n"));
  const again = loadYaml(stringify(written(config)), "f.yaml", fakeIo()).config;
  assert.deepEqual(again?.routes, config.routes);
});
