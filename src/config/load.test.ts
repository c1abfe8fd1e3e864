import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { processorTimeOf } from "../../test/kit/processor-time.ts";
import { fakeIo } from "./io-fake.ts";
import { loadYaml } from "./load.ts";
import { formatProblem } from "./problem.ts";
import type { Config } from "./schema.ts";

const GOOD = 'listeners: ["udp://127.0.0.1:5060"]\nsets:\n  media: {destinations: ["sip:10.0.0.1"]}\n';

function problems(text: string, io = fakeIo()): string[] {
  return loadYaml(text, "f.yaml", io).problems.map(formatProblem);
}

function load(text: string, io = fakeIo()): Config {
  const { config, problems: found } = loadYaml(text, "f.yaml", io);
  assert.ok(config, found.map(formatProblem).join("\n"));
  return config;
}

describe("fairlead.yaml", () => {
  it("needs no more than a listener and a set, and sends everything there", () => {
    const config = load(GOOD);
    assert.deepEqual(problems(GOOD), []);
    assert.deepEqual(config.routes[0]?.action, { kind: "dispatch", set: "media" });
    assert.deepEqual(config.admin, {
      host: "127.0.0.1",
      port: 5080,
      tokens: [],
      persist: false,
      kamailioRpc: false,
      opensipsMi: false,
    });
    assert.equal(config.timers.c, 181_000);
    assert.equal(config.receiveBuffer, 4_194_304);
  });

  it("takes durations and sizes apart", () => {
    const config = load(`${GOOD}timers: {t1: 250ms, linger: 5s, dialog: 2h}\nlimits: {message_bytes: 1GiB}\n`);
    assert.deepEqual([config.timers.t1, config.timers.linger, config.timers.dialog], [250, 5_000, 7_200_000]);
    assert.equal(config.limits.messageBytes, 1_073_741_824);
  });

  it("protects P-Asserted-Identity from everybody but whom it trusts", () => {
    assert.deepEqual([load(GOOD).trusted, load(GOOD).protectedHeaders], [[], ["P-Asserted-Identity"]]);
    const config = load(`${GOOD}trusted: [10.0.0.0/8, "2001:db8::1"]\nprotected_headers: [X-Account, subject]\n`);
    assert.deepEqual(config.trusted, [
      { address: "10.0.0.0", prefix: 8 },
      { address: "2001:db8::1", prefix: 128 },
    ]);
    assert.deepEqual(config.protectedHeaders, ["X-Account", "subject"]);
    assert.deepEqual(load(`${GOOD}protected_headers: []\n`).protectedHeaders, []);
  });

  it("takes nothing out of a request that it cannot do without", () => {
    for (const name of ["Via", "v", "CALL-ID", "t", "Route", "content-length", "m", "RSeq"]) {
      const [problem] = problems(`${GOOD}protected_headers: [X-Account, ${name}]\n`);
      assert.match(problem ?? "", new RegExp(`^f\\.yaml:4:32: error: a message without ${name} is another message`));
    }
    for (const name of ['"X Account"', '"X:"', '""', '"X-\\r\\n"'])
      assert.match(problems(`${GOOD}protected_headers: [${name}]\n`)[0] ?? "", /error: [\s\S]* is not a header name/);
    assert.match(problems(`${GOOD}trusted: [everybody]\n`)[0] ?? "", /"everybody" is not an address block/);
  });

  it("takes listeners apart, advertised address included", () => {
    const { listeners } = load(
      'listeners: ["udp://[::1]:5062", {uri: "udp://0.0.0.0", advertise: "sip.example.com:5070", name: out}]\nsets: {1: {destinations: ["sip:a.example"]}}',
    );
    assert.deepEqual(listeners, [
      { name: "udp://[::1]:5062", transport: "udp", host: "::1", port: 5062, allow: [], proxies: [] },
      {
        name: "out",
        transport: "udp",
        host: "0.0.0.0",
        port: 5060,
        allow: [],
        proxies: [],
        advertise: { host: "sip.example.com", port: 5070 },
      },
    ]);
  });

  it("takes a listener's address blocks apart; an empty list would be a listener for nobody", () => {
    const listen = (allow: string) =>
      GOOD.replace('"udp://127.0.0.1:5060"', `{uri: "udp://127.0.0.1:5060", allow: ${allow}}`);
    assert.deepEqual(load(listen("[10.0.0.0/8]")).listeners[0]?.allow, [{ address: "10.0.0.0", prefix: 8 }]);
    assert.match(problems(listen("[]"))[0] ?? "", /^f\.yaml:1:.*error/);
    assert.match(problems(listen("[somebody]"))[0] ?? "", /"somebody" is not an address block/);
  });

  it("takes destinations apart", () => {
    const config = load(
      GOOD.replace('"sip:10.0.0.1"', '{uri: "sip:bob@[2001:DB8::1]:5070;x=1", weight: 3, attrs: {a: 1}}'),
    );
    const [destination] = config.sets[0]?.destinations ?? [];
    assert.equal(destination?.host, "2001:db8::1");
    assert.deepEqual(
      [destination?.port, destination?.user, destination?.weight, destination?.attrs],
      [5070, "bob", 3, { a: "1" }],
    );
  });

  it("resolves a listener by URI or name to its name", () => {
    const text =
      'listeners: [{uri: "udp://127.0.0.1:5060", name: in}]\nsets: {1: {destinations: [{uri: "sip:a", listener: "udp://127.0.0.1:5060"}]}}\nroutes: [{listener: in, set: 1}]';
    const config = load(text);
    assert.equal(config.sets[0]?.destinations[0]?.listener, "in");
    assert.equal(config.routes[0]?.listener, "in");
  });

  it("loads a destination over SCTP as disabled, and says that Node has none", () => {
    const text = GOOD.replace('"sip:10.0.0.1"', '"sip:10.0.0.1", "sip:10.0.0.2;transport=sctp"');
    assert.equal(load(text).sets[0]?.destinations[1]?.state, "disabled");
    assert.deepEqual(problems(text), [
      "f.yaml:3:42: warning: sip:10.0.0.2;transport=sctp is disabled: transport sctp is not available in this version (Node has no SCTP)",
    ]);
  });

  it("keeps secrets out of everything but the key itself", () => {
    const secret = "correct horse battery staple";
    const io = fakeIo({ "/etc/key": `${secret}\n` }, { KEY: secret });
    const text = `${GOOD}keys: ["\${KEY}", {file: /etc/key}, "${secret}"]\n`;
    const { keys } = load(text, io);
    assert.deepEqual(keys[0]?.bytes(), keys[1]?.bytes());
    assert.deepEqual(keys[0]?.bytes(), keys[2]?.bytes());
    assert.equal(keys[0]?.bytes().length, 16);
    assert.ok(!inspect(keys, { showHidden: true }).includes("horse") && !JSON.stringify(keys).includes("horse"));
  });

  it("never repeats a secret in a problem", () => {
    for (const keys of [
      '["hunter2-secret"]',
      "[{file: hunter2-file, hunter2: 1}]",
      "[1234567890123456789012]",
      `["a\${hunter2}"]`,
      "{hunter2: hunter2}",
    ]) {
      const found = problems(`${GOOD}keys: ${keys}\n`);
      assert.ok(found.length > 0, keys);
      assert.ok(!found.some((line) => line.includes("hunter2") || line.includes("12345678901234")), found.join("\n"));
    }
  });
});

const ZONE_HINT = "udp://[::]:5060 takes what comes to link-local addresses, too";

describe("a wrong fairlead.yaml", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      "an unknown key",
      GOOD.replace("destinations", "destination"),
      'f.yaml:3:11: error: unknown key "destination" (did you mean "destinations"?)',
    ],
    [
      "an unknown top-level key",
      `${GOOD}timer: {}\n`,
      'f.yaml:4:1: error: unknown key "timer" (did you mean "timers"?)',
    ],
    [
      "a bare number as duration",
      `${GOOD}timers: {t1: 500}\n`,
      'f.yaml:4:14: error: "t1" must be text, not 500 (with its unit, such as 10s or 4KiB; in quotes where it has none)',
    ],
    [
      "a bad duration",
      `${GOOD}timers: {t1: 5sec}\n`,
      'f.yaml:4:14: error: "5sec" is not a duration (a number and a unit: 500ms, 10s, 1m, 2h)',
    ],
    [
      "a route to no set",
      `${GOOD}routes: [{set: medai}]\n`,
      'f.yaml:4:16: error: there is no set "medai" (did you mean "media"?)',
    ],
    [
      "a route without action",
      `${GOOD}routes: [{method: INVITE}]\n`,
      "f.yaml:4:10: error: the route does nothing (one of set, sets, forward, reject, redirect, drop)",
    ],
    ["a key written twice", `${GOOD}io: auto\nio: auto\n`, 'f.yaml:5:1: error: the key "io" is there twice'],
    ["broken YAML", `${GOOD}routes: [\n`, ""],
    ["an empty file", "", "f.yaml:1:1: error: the configuration is empty (it needs at least listeners and sets)"],
    [
      "a listener over TLS",
      GOOD.replace("udp", "tls"),
      'f.yaml:1:13: error: tls://127.0.0.1:5060 has no certificate: there is no TLS profile "default" (tls: {default: {certificates: [{cert: FILE, key: FILE}]}})',
    ],
    [
      "a listener over SCTP",
      GOOD.replace("udp", "sctp"),
      "f.yaml:1:13: error: transport sctp is not available in this version (Node has no SCTP) (udp, tcp, tls, ws or wss)",
    ],
    [
      "a listener with a zone",
      GOOD.replace("127.0.0.1", "[fe80::1%eth0]"),
      `f.yaml:1:13: error: listener host "fe80::1%eth0" has a zone, which no Via can name (${ZONE_HINT})`,
    ],
    [
      "an advertised address with a zone",
      `listeners: [{uri: "udp://[::]:5060", advertise: "[fe80::1%2]"}]\nsets: {a: {destinations: ["sip:10.0.0.1"]}}\n`,
      'f.yaml:1:49: error: "[fe80::1%2]" is not HOST[:PORT] (without a zone: no Via can name it)',
    ],
    [
      "a listener twice",
      GOOD.replace('"]', '", "udp://127.0.0.1:5060"]'),
      "f.yaml:1:37: error: the listener udp://127.0.0.1:5060 is there twice",
    ],
    ["an admin API for everybody", `${GOOD}admin: {listen: "http://0.0.0.0:5080"}\n`, ""],
    [
      "an open relay",
      `${GOOD}routes: [{method: BYE, set: media}, {forward: true}]\n`,
      'f.yaml:4:47: error: "route 2" forwards for others than the destinations: an open relay (add from_set: any)',
    ],
    [
      "a relay for some addresses, which can be forged",
      `${GOOD}routes: [{source: 10.0.0.0/8, forward: true}, {set: media}]\n`,
      'f.yaml:4:40: error: "route 1" forwards for others than the destinations: an open relay (add from_set: any)',
    ],
    [
      "more transactions than branch parameters can name",
      `${GOOD}limits: {transactions: 16777216}\n`,
      "f.yaml:4:24: error: 16777216 is too large (at most 16777215)",
    ],
    ["__proto__", `${GOOD}__proto__: {}\n`, 'f.yaml:4:1: error: the key "__proto__" is not allowed'],
  ];
  it("as many transactions as branch parameters can name are fine", () => {
    assert.equal(load(`${GOOD}limits: {transactions: 16777215}\n`).limits.transactions, 0xffffff);
  });

  for (const [title, text, wanted] of cases) {
    it(`${title} is an error at its place`, () => {
      const found = problems(text);
      assert.equal(loadYaml(text, "f.yaml", fakeIo()).config, undefined);
      if (wanted === "") assert.match(found[0] ?? "", /^f\.yaml:\d+:\d+: error: /);
      else assert.deepEqual(found, [wanted]);
    });
  }

  it("a destination twice in a set is an error", () => {
    const found = problems(GOOD.replace('"sip:10.0.0.1"', '"sip:10.0.0.1", "sip:10.0.0.1"'));
    assert.match(found[0] ?? "", /^f\.yaml:3:42: error: set "media" has two destinations named/);
  });

  it("an alias bomb and endless nesting are refused quickly", () => {
    let bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (let i = 1; i < 12; i++)
      bomb += `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(", ")}]\n`;
    const took = processorTimeOf(() => {
      assert.match(problems(bomb)[0] ?? "", /error: .*alias/i);
      assert.match(problems("[".repeat(100_000))[0] ?? "", /error: nested/);
      assert.match(problems("- ".repeat(50_000))[0] ?? "", /error: /);
    });
    assert.ok(took < 3_000, `${took} ms`);
  });

  it("a file that is too large is refused unread", () => {
    assert.match(problems(" ".repeat(9_000_000))[0] ?? "", /error: the file is too large/);
  });
});

it("who may use the admin API is read with its secret, and stays when only the place of the API is given on the command line", () => {
  const text = [
    "listeners: [udp://127.0.0.1:5060]",
    "sets: {a: {destinations: [sip:127.0.0.1:5070]}}",
    "admin:",
    "  kamailio_rpc: true",
    '  tokens: [{name: ops, role: operator, token: "${OPS_TOKEN}"}]',
  ].join("\n");
  const io = fakeIo({}, { OPS_TOKEN: "0123456789abcdef" });
  const { config, problems } = loadYaml(text, "f.yaml", io, { admin: { listen: "http://127.0.0.1:5099" } });
  assert.deepEqual(problems, []);
  assert.equal(config?.admin?.port, 5099);
  assert.deepEqual(
    config?.admin?.tokens.map(({ name, role, secret }) => [name, role, secret.origin]),
    [["ops", "operator", "environment variable OPS_TOKEN"]],
  );
});

it("Kamailio's commands without tokens are refused, as are two holders of one token", () => {
  const start = "listeners: [udp://127.0.0.1:5060]\nsets: {a: {destinations: [sip:127.0.0.1:5070]}}\nadmin:\n";
  const open = loadYaml(`${start}  kamailio_rpc: true\n`, "f.yaml", fakeIo());
  assert.match(open.problems[0]?.what ?? "", /kamailio_rpc without tokens would let every program/);
  assert.deepEqual([open.problems[0]?.line, open.config], [4, undefined]);
  const token = "token: 0123456789abcdef";
  const twice = `${start}  tokens:\n    - {name: a, role: admin, ${token}}\n    - {name: b, role: viewer, ${token}}\n`;
  assert.match(loadYaml(twice, "f.yaml", fakeIo()).problems[0]?.what ?? "", /b has the token of a/);
});
