// Resources that do not fit together are told with their place, and what would be right.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { fakeIo } from "../io-fake.ts";
import { loadYaml } from "../load.ts";
import { formatProblem } from "../problem.ts";
import { writtenSets } from "../written-sets.ts";

function problems(sets: string, routes = "[{set: g}]", more = ""): string[] {
  const text = `listeners: ["udp://127.0.0.1:5060"]\nkeys: ["0123456789abcdef0123456789abcdef"]\nsets:\n  g: ${sets}\nroutes: ${routes}\n${more}`;
  return loadYaml(text, "f.yaml", fakeIo()).problems.map(formatProblem);
}

const TWO = '[{uri: "sip:10.0.0.1", resources: {pstn: 9}}, {uri: "sip:10.0.0.2", resources: "transc=5; pstn = 3"}]';
const set = (more: string) => `{algorithm: load-balancer, destinations: ${TWO}${more}}`;

describe("resources", () => {
  const cases: readonly (readonly [string, readonly string[], RegExp | null])[] = [
    [
      "all is well",
      problems(set(""), "[{method: INVITE, set: g, resources: [pstn]}, {set: g, resources: 'transc;pstn'}]"),
      null,
    ],
    ["all is well by the set's word", problems(set(", resources: pstn")), null],
    [
      "a name that nobody has",
      problems(set(""), "[{set: g, resources: [pstm]}]"),
      /^f\.yaml:5:\d+: error: no destination of set "g" has the resource "pstm" \(did you mean "pstn"\?\)/,
    ],
    [
      "the same in the set",
      problems(set(", resources: {needed: [fax]}")),
      /^f\.yaml:4:\d+: error: .*"fax" \(one of pstn, transc\)/,
    ],
    [
      "nobody has both",
      problems(set("").replace("; pstn = 3", ""), "[{set: g, resources: [pstn, transc]}]"),
      /warning: no destination of set "g" has all of pstn, transc/,
    ],
    [
      "nothing is needed",
      problems(set("")),
      /warning: load-balancer goes by resources, and calls of "route 1" need none/,
    ],
    [
      "a comparison that nobody makes",
      problems(set(", resources: {needed: pstn, ties: random}").replace("load-balancer", "random")),
      /warning: random does not compare resources/,
    ],
    [
      "without transactions",
      problems(`{algorithm: hash-call-id, destinations: ${TWO}}`, "[{set: g}]", "forwarding: stateless"),
      /warning: resources have no effect/,
    ],
    [
      "not a capacity",
      problems(set("").replace("pstn = 3", "pstn=many")),
      /^f\.yaml:4:\d+: error: pstn: "many" is not a/,
    ],
    ["no number", problems(set("").replace("pstn = 3", "pstn")), /error: pstn: "" is not a capacity/],
    ["twice", problems(set("").replace("pstn = 3", "transc=3")), /error: transc is there twice/],
    ["not a name", problems(set(""), "[{set: g, resources: ['a b']}]"), /error: .*letters, digits/],
    [
      "a number where a name belongs",
      problems(set(""), "[{set: g, resources: 'pstn=3'}]"),
      /error: "pstn=3" is not a resource's name/,
    ],
    ["no set", problems(set(""), "[{set: g, resources: pstn}, {drop: true, resources: pstn}]"), /error: resources/],
    [
      "a sender that has no such thing",
      problems(set(", resources: pstn"), "[{from_set: g, sender_resources: [fax], forward: true}, {set: g}]"),
      /error: no destination of set "g" has the resource "fax"/,
    ],
    [
      "a sender that is nobody",
      problems(set(", resources: pstn"), "[{set: g, sender_resources: pstn}]"),
      /error: sender_resources without from_set \(only destinations have resources\)/,
    ],
    [
      "too many names",
      problems(
        `{destinations: [{uri: "sip:10.0.0.1", resources: {${Array.from({ length: 32 }, (_, i) => `r${i}: 1`)}}}]}`,
      ),
      /error: more than 31 resources with different names/,
    ],
  ];
  const FS = "fs://lb:p@ss=word@[2001:db8::1]:8022";
  const said: readonly (readonly [string, string, RegExp])[] = [
    [
      "of an event socket without a password",
      "'pstn=fs://10.0.0.1'",
      /pstn: the URL of the event socket has no password/,
    ],
    ["of one with an empty password", "{pstn: 'fs://lb:@10.0.0.1'}", /f\.yaml:4:\d+: error: .*no password/],
    ["of an event socket nowhere", "{pstn: 'fs://:secret@'}", /not HOST\[:PORT\] \(fs:\/\/\[USER\]:PASSWORD@HOST/],
    ["of a port that is none", "{pstn: 'fs://:secret@h:99999'}", /not HOST\[:PORT\]/],
    ["of a password with a newline", '{pstn: "fs://:secret\\napi@h"}', /control characters/],
    ["of another URL", "{pstn: 'http://:secret@h'}", /this is neither a number nor the URL of an event socket/],
    ["of a URL without a slash", "{pstn: 'fs:/:secret@h'}", /this is neither a number nor the URL/],
    [
      "of a password with a semicolon in a text",
      "'pstn=fs://:sec;ret@h'",
      /error: pstn: the URL of the event socket has no/,
    ],
    ["of a rest behind a URL", "'pstn=fs://:secret@h; secret'", /error: a part is not NAME=CAPACITY/],
    ["of a name in front of a URL", "'p n=fs://:secret@h'", /error: a part is not NAME=CAPACITY/],
  ];
  for (const [title, resources, wanted] of said)
    it(`${title}, without the password`, () => {
      const found = problems(`{destinations: [{uri: "sip:10.0.0.1", resources: ${resources}}]}`).join("\n");
      assert.match(found, wanted);
      assert.doesNotMatch(found, /sec|ret@/);
    });

  for (const [weight, wanted] of [
    ["fs://10.0.0.1", /f\.yaml:4:\d+: error: .*the URL of the event socket has no password/],
    ["http://:secret@h", /f\.yaml:4:\d+: error: /],
    ["fs://:secret@h:99999", /f\.yaml:4:\d+: error: .*not HOST/],
  ] as const)
    it(`a weight that is ${weight} is refused without the password`, () => {
      const found = problems(
        `{algorithm: "opensips:4", destinations: [{uri: "sip:10.0.0.1", weight: '${weight}'}]}`,
      ).join("\n");
      assert.match(found, wanted);
      assert.doesNotMatch(found, /secret/);
    });

  it("a weight may be what the FreeSWITCH at an event socket says, whose password is never shown", () => {
    const text = `listeners: ["udp://127.0.0.1:5060"]\nsets: {g: {algorithm: "opensips:4", destinations: [{uri: "sip:10.0.0.1", weight: "${FS}"}]}}`;
    const { config, problems: found } = loadYaml(text, "f.yaml", fakeIo());
    const [one] = config?.sets[0]?.destinations ?? [];
    assert.ok(one !== undefined, found.map(formatProblem).join("\n"));
    assert.deepEqual([one.weight, one.weightFrom?.password.reveal()], [100, "p@ss=word"]);
    const [written] = writtenSets(config?.sets ?? []).g?.destinations ?? [];
    assert.ok(typeof written === "object");
    assert.equal(written.weight, "fs://lb@[2001:db8::1]:8022");
    assert.doesNotMatch(`${JSON.stringify(config)} ${inspect(config, { depth: 20 })}`, /p@ss/);
  });

  it("may be what the FreeSWITCH at an event socket says, whose password is never shown", () => {
    const text = `listeners: ["udp://127.0.0.1:5060"]\nsets: {g: {destinations: [{uri: "sip:10.0.0.1", resources: {pstn: "${FS}", transc: 4}}]}}`;
    const { config, problems: found } = loadYaml(text, "f.yaml", fakeIo());
    const { pstn, transc } = config?.sets[0]?.destinations[0]?.resources ?? {};
    assert.ok(typeof pstn === "object", found.map(formatProblem).join("\n"));
    assert.deepEqual(
      [pstn.host, pstn.port, pstn.user, pstn.password.reveal(), transc],
      ["2001:db8::1", 8022, "lb", "p@ss=word", 4],
    );
    const [written] = writtenSets(config?.sets ?? []).g?.destinations ?? [];
    assert.ok(typeof written === "object");
    assert.deepEqual(written.resources, { pstn: "fs://lb@[2001:db8::1]:8022", transc: 4 });
    assert.doesNotMatch(`${JSON.stringify(config)} ${inspect(config, { depth: 20 })}`, /p@ss/);
  });

  for (const [title, found, wanted] of cases) {
    it(title, () => {
      if (wanted === null) assert.deepEqual(found, []);
      else assert.match(found.join("\n"), wanted);
      assert.ok(found.length <= 1, found.join("\n"));
    });
  }
});
