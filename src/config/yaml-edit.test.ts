import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { editYaml, type YamlEdit } from "./yaml-edit.ts";

const FILE = `# Ours.
listeners: [udp://127.0.0.1:5060]
sets:
  # Voice.
  media:
    algorithm: weighted
    destinations:
      - sip:10.0.0.1 # the old one
      - {uri: "sip:10.0.0.2", name: two, attrs: {site: Ulm}}
  1:
    destinations: &both [sip:10.0.0.3]
routes:
  # In this order.
  - {name: test, source: 10.9.0.0/16, set: 1}
  # Everybody else.
  - {name: all, set: media}
`;

function edited(edit: YamlEdit, text = FILE): string {
  const result = editYaml(text, edit);
  assert.ok("text" in result, JSON.stringify(result));
  return result.text;
}

/** Lines that are there only afterwards, and those that are gone. */
function difference(edit: YamlEdit): { more: string[]; less: string[] } {
  const [before, after] = [FILE.split("\n"), edited(edit).split("\n")];
  const spaceless = (lines: string[]) => lines.map((line) => line.replaceAll(/ /g, ""));
  const more = after.filter((line) => !spaceless(before).includes(line.replaceAll(/ /g, "")));
  const less = before.filter((line) => !spaceless(after).includes(line.replaceAll(/ /g, "")));
  return { more: more.map((line) => line.trim()), less: less.map((line) => line.trim()) };
}

describe("a change in the text of fairlead.yaml", () => {
  it("touches what was asked for and nothing else", () => {
    assert.deepEqual(difference({ kind: "add", set: "media", destination: { uri: "sip:10.0.0.9", weight: 2 } }), {
      more: ["- {uri: sip:10.0.0.9, weight: 2}"],
      less: [],
    });
    assert.deepEqual(difference({ kind: "remove", set: "media", name: "two" }).more, []);
    assert.deepEqual(
      difference({ kind: "change", set: "media", name: "two", change: { attrs: { rack: "7", site: null } } }),
      {
        more: ['- {uri: "sip:10.0.0.2", name: two, attrs: {rack: "7"}}'],
        less: ['- {uri: "sip:10.0.0.2", name: two, attrs: {site: Ulm}}'],
      },
    );
    const plain = difference({ kind: "change", set: "media", name: "sip:10.0.0.1", change: { weight: 0 } });
    assert.match(plain.more.join(), /^- \{uri: sip:10\.0\.0\.1, weight: 0\}/);
    assert.deepEqual(
      difference({ kind: "change-set", set: "media", change: { algorithm: "random", probe: false } }).more,
      ["algorithm: random", "probe: false"],
    );
  });

  it("of one resource leaves the others, however they are written, with the passwords of event sockets", () => {
    for (const written of [
      '"pstn=3; transc=fs://:secret@10.0.0.1"',
      '{pstn: 3, transc: "fs://:secret@10.0.0.1:8021"}',
    ]) {
      const text = FILE.replace("attrs: {site: Ulm}", `resources: ${written}`);
      assert.ok(text.includes(written));
      const change = { weight: 2, resources: { pstn: 4 } };
      assert.match(
        edited({ kind: "change", set: "media", name: "two", change }, text),
        /resources: \{pstn: 4, transc: "?fs:\/\/:secret@10\.0\.0\.1:8021"?\}, weight: 2\}/,
      );
      const weight = edited({ kind: "change", set: "media", name: "two", change: { weight: 2 } }, text);
      assert.ok(weight.includes(written), "untouched");
    }
  });

  it("of how a set goes by resources leaves what its calls need", () => {
    for (const written of ["[pstn, transc]", '"pstn;transc"']) {
      const text = FILE.replace("algorithm: weighted", `algorithm: load-balancer\n    resources: ${written}`);
      const change = edited({ kind: "change-set", set: "media", change: { resources: { ties: "random" } } }, text);
      assert.ok(change.includes(`needed: ${written}\n      ties: random`), change);
      const needed = edited({ kind: "change-set", set: "media", change: { resources: ["fax"] } }, text);
      assert.match(needed, /resources:\s+(\[ ?fax ?\]|- fax)/);
    }
  });

  it("finds sets that are numbers, and keeps the comments of routes that stay", () => {
    assert.doesNotMatch(edited({ kind: "remove-set", set: "1" }), /10\.0\.0\.3/);
    const routes = [
      { name: "all", set: "media" },
      { set: "1", source: "10.9.0.0/16", name: "test" },
    ];
    const text = edited({ kind: "routes", routes });
    assert.match(text, /# In this order\.\n +# Everybody else\.\n.*name: all.*\n.*name: test/);
  });

  it("says the route that went without saying when there was one set", () => {
    const text = "listeners: [udp://127.0.0.1]\nsets: {1: {destinations: []}}\n";
    assert.match(
      edited({ kind: "put-set", set: "b", given: { destinations: [] } }, text),
      /routes:\n {2}- set: "?1"?\n/,
    );
  });

  it("puts another text in the place of the file without its secrets, and says what cannot be done", () => {
    const kept = edited({ kind: "replace", text: "listeners: []\nadmin: false\n", kept: ["admin", "sets"] });
    assert.match(kept, /^listeners: \[\]\nsets:/);
    assert.doesNotMatch(kept, /admin/);
    for (const edit of [
      { kind: "remove", set: "media", name: "three" },
      { kind: "add", set: "nowhere", destination: {} },
      { kind: "replace", text: "a: [", kept: [] },
    ] as const)
      assert.ok("why" in editYaml(FILE, edit), JSON.stringify(edit));
    const aliased = `${FILE}also: *both\n`;
    assert.ok("why" in editYaml(aliased, { kind: "remove-set", set: "1" }), "the alias would lead nowhere");
  });
});
