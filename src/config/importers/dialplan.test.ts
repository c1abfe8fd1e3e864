import assert from "node:assert/strict";
import { it } from "node:test";
import { fakeIo, NO_OPTIONS } from "../io-fake.ts";
import { readConfiguration } from "../open.ts";
import type { Cell } from "../tables/table.ts";
import { remarkText } from "../tables/table.ts";
import { isDialplan, plansOf, readDialplan } from "./dialplan.ts";

const COLUMNS = "id dpid pr match_op match_exp match_flags subst_exp repl_exp timerec disabled attrs".split(" ");
const row = (...cells: Cell[]): Cell[] => cells;
const TABLE = {
  columns: COLUMNS,
  rows: [
    row("1", "1", "2", "1", "^00", "0", "^00(\\d+)$", "+\\1", null, "0", "world"),
    row("2", "1", "0", "0", "112", "0", "", "112", "", "0", "emergency"),
    row("3", "1", "1", "1", "^0049[1-9]\\d{3,}$", "0", "^0049(\\d+)$", "+49\\1", "", "0", "germany"),
    row("4", "1", "3", "0", "info+desk", "1", null, "4711", "", "0", "class=a b"),
    row("5", "1", "4", "1", "^(?=9)", "0", "", "", "", "0", "world"),
    row("6", "1", "5", "1", "^7", "0", "", "", "", "1", "world"),
    row("7", "1", "6", "7", "^7", "0", "", "", "", "0", "world"),
    row("8", "2", "0", "1", "^8", "0", "(", "1", "20260101T000000", "0", "world"),
  ],
};

it("a dialplan's rows are routes in the order of their priority, and lead to sets called as their attributes", () => {
  assert.ok(isDialplan(TABLE));
  assert.ok(!isDialplan({ columns: ["id", "setid", "destination"], rows: [] }));
  assert.deepEqual(plansOf(TABLE), ["1", "2"]);
  const { routes, sets, rows } = readDialplan(TABLE, "1", "rest");
  assert.deepEqual(routes, [
    { match: { "request-uri.user": { is: "112" } }, set: "emergency" },
    {
      match: { "request-uri.user": "^0049[1-9]\\d{3,}$" },
      translate: { from: "^0049(\\d+)$", to: "+49\\1" },
      set: "germany",
    },
    { match: { "request-uri.user": "^00" }, translate: { from: "^00(\\d+)$", to: "+\\1" }, set: "world" },
    { match: { "request-uri.user": "(?i)^info\\+desk$" }, translate: { from: "^", to: "4711" }, set: "rest" },
  ]);
  assert.deepEqual(rows, ["id 2, emergency", "id 3, germany", "id 1, world", "id 4, class=a b"]);
  const file = JSON.stringify({
    listeners: ["udp://127.0.0.1:5060"],
    sets: Object.fromEntries(sets.map((name) => [name, {}])),
    routes,
  });
  const { config } = readConfiguration(["/f.yaml"], NO_OPTIONS, fakeIo({ "/f.yaml": file }));
  assert.equal(config?.routes.length, 4);
});

it("rows that cannot be routes are named with their column, and left out", () => {
  const told = (plan: string) => readDialplan(TABLE, plan, "rest").remarks.map(remarkText);
  const [attrs, ahead, off, operator] = told("1");
  assert.equal(attrs, 'id 4, column attrs: "class=a b" is no name of a set: rest is');
  assert.match(ahead ?? "", /^id 5, column match_exp: "\^\(\?=9\)" cannot be used: .*: left out$/);
  assert.equal(off, "id 6, column disabled: it is switched off: left out");
  assert.match(operator ?? "", /^id 7, column match_op: "7" is no operator/);
  assert.match(told("2").join("\n"), /id 8, column timerec: [^\n]*\nid 8, column subst_exp: .*: left out/);
});

it("Kamailio's match_len is a condition whose rows come first, and its patterns of file names are patterns", () => {
  const columns = ["id", "dpid", "pr", "match_op", "match_exp", "match_len", "subst_exp", "repl_exp", "attrs"];
  const table = {
    columns,
    rows: [
      row("1", "1", "1", "1", "^49", "0", "", "", "any"),
      row("2", "1", "2", "1", "^49", "5", "", "", "five"),
      row("3", "1", "3", "0", "112", "5", "", "", "never"),
      row("4", "1", "4", "2", "8*1?3.", "0", "", "", "glob"),
      row("5", "1", "5", "2", "8[!0]", "0", "", "", "brackets"),
      row("6", "1", "6", "0", "112", "3", "", "", "exact"),
      row("7", "1", "7", "1", "^5", "-1", "", "", "less"),
    ],
  };
  const { routes, remarks } = readDialplan(table, "1", "rest");
  assert.deepEqual(routes, [
    { match: { "request-uri.user": "^49", "{request-uri.user}": "^.{5}$" }, set: "five" },
    { match: { "request-uri.user": { is: "112" } }, set: "exact" },
    { match: { "request-uri.user": "^49" }, set: "rest" },
    { match: { "request-uri.user": "^8.*1.3\\.$" }, set: "glob" },
  ]);
  assert.deepEqual(remarks.map(remarkText), [
    'id 1, column attrs: "any" is no name of a set: rest is',
    'id 3, column match_len: "112" is never 5 long: the row matches nothing: left out',
    'id 5, column match_exp: "8[!0]": only * and ? are taken over: left out',
    'id 7, column match_len: "-1" is no length: left out',
  ]);
});
