// OpenSIPS's partitions in a script: what each inherits, where the default one leads, and what is told.
import assert from "node:assert/strict";
import { it } from "node:test";
import { fakeIo, NO_OPTIONS } from "../../src/config/io-fake.ts";
import { readConfiguration, translate } from "../../src/config/open.ts";
import { formatProblem } from "../../src/config/problem.ts";

function imported(text: string, options: object = {}) {
  const io = fakeIo({ "/k.cfg": text });
  const { yaml, problems } = translate("/k.cfg", { ...NO_OPTIONS, ...options }, io);
  const lines = problems.map(formatProblem);
  const again = readConfiguration(["/f.yaml"], NO_OPTIONS, fakeIo({ "/f.yaml": yaml ?? "" })).config;
  return { yaml: yaml ?? "", lines, config: again };
}

const URL = 'modparam("dispatcher", "db_url", "mysql://opensips@db/opensips")\n';
const PLACE = "mysql://opensips@db/opensips";

/** A script of these parameters, with listeners and one partition after the other. */
function script(parameters: string, ...partitions: string[]): string {
  const lines = partitions.map((text) => `modparam("dispatcher", "partition", "${text}")\n`);
  return `socket=udp:10.0.0.5:5060\nloadmodule "dispatcher.so"\n${parameters}${lines.join("")}`;
}

function sourcesOf(text: string) {
  const { lines, config } = imported(text);
  const sources = config?.sources.map(({ place, prefix, columns, defaults }) => [
    place,
    prefix,
    columns.setid,
    defaults.probe === null ? null : [defaults.probe.every, defaults.probe.downAfter, defaults.probe.method],
  ]);
  const [{ action } = { action: null }] = config?.routes ?? [];
  return { lines, sources, set: action?.kind === "dispatch" ? action.set : "" };
}

it("a partition has the database, the columns and the probing of the default one, where it says nothing else", () => {
  const more =
    'modparam("dispatcher", "table_name", "usual")\nmodparam("dispatcher", "setid_col", "grp")\nmodparam("dispatcher", "ds_ping_interval", 20)\n';
  const { lines, sources, set } = sourcesOf(
    script(
      URL + more,
      "trunks: table_name=trunk_disp; ping_method=INFO",
      "far:db_url=postgres://opensips@far/opensips;",
    ),
  );
  assert.deepEqual(lines, []);
  assert.deepEqual(sources, [
    [`${PLACE}, table usual`, "", "grp", [20_000, 3, "OPTIONS"]],
    [`${PLACE}, table trunk_disp`, "trunks.", "grp", [20_000, 3, "INFO"]],
    ["postgresql://opensips@far/opensips, table usual", "far.", "grp", [20_000, 3, "OPTIONS"]],
  ]);
  assert.equal(set, "1");
});

it("a partition inherits what the script says after it", () => {
  const [, after] = script("", "trunks: table_name=trunk_disp").split('loadmodule "dispatcher.so"\n');
  const { sources } = sourcesOf(`socket=udp:10.0.0.5:5060\nloadmodule "dispatcher.so"\n${after}${URL}`);
  assert.ok(
    sources?.some(([place]) => place === `${PLACE}, table trunk_disp`),
    JSON.stringify(sources),
  );
});

it("the default partition may be another one: its sets get the requests, and there is no further table", () => {
  const { lines, sources, set } = sourcesOf(script(URL, "trunks: table_name=trunk_disp", "default: trunks"));
  assert.deepEqual(lines, []);
  assert.deepEqual(sources, [[`${PLACE}, table trunk_disp`, "trunks.", "setid", null]]);
  assert.equal(set, "trunks.1");
});

it("a partition without a database, one that cannot be read and a default one that leads nowhere are told by their lines", () => {
  const own = "far: db_url=mysql://opensips@far/opensips";
  assert.deepEqual(sourcesOf(script("", own, "trunks: table_name=trunk_disp", "odd: table_name", "default: nobody")), {
    lines: [
      "/k.cfg:4:1: warning: dispatcher: partition trunks is left out: neither it nor the default one has a db_url (db_url=...)",
      "/k.cfg:5:1: warning: dispatcher: this partition is not taken over (NAME: db_url=...; table_name=...)",
      "/k.cfg:6:1: warning: dispatcher: the default partition is nobody, which there is not (nobody: db_url=...)",
    ],
    sources: [["mysql://opensips@far/opensips, table dispatcher", "far.", "setid", null]],
    set: "far.1",
  });
});

it("a dispatcher without a database beside a load_balancer that has one is told", () => {
  const balancer = 'modparam("load_balancer", "db_url", "mysql://opensips@db/opensips")\n';
  const { lines } = sourcesOf(script(`${balancer}modparam("dispatcher", "ds_ping_interval", 20)\n`));
  assert.deepEqual(lines, [
    "/k.cfg: warning: dispatcher has no db_url: nothing of it is taken over (db_url, or partitions that have one)",
  ]);
});
