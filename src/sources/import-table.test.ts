import assert from "node:assert/strict";
import { it } from "node:test";
import { fakeIo, NO_OPTIONS } from "../config/io-fake.ts";
import { readConfiguration } from "../config/open.ts";
import { importTable } from "./import-table.ts";

const COLUMNS = "id dpid pr match_op match_exp match_flags subst_exp repl_exp disabled attrs".split(" ");

/** A database that has this table. */
const holding = (...rows: string[][]) => ({ read: () => Promise.resolve({ columns: COLUMNS, rows }) });

it("a dialplan in a database becomes a configuration with its routes and sets to be filled; of several plans one is chosen", async () => {
  const reader = holding(
    ["1", "7", "0", "1", "^00", "0", "^00(.*)$", "+\\1", "0", "world"],
    ["2", "8", "0", "0", "112", "0", "", "", "0", "emergency"],
  );
  const asked = (plan?: string) => importTable("sqlite:///d.db", "dialplan", NO_OPTIONS, fakeIo(), reader, plan);
  const unclear = await asked();
  assert.deepEqual(
    unclear.problems.map(({ what, hint }) => `${what} (${hint})`),
    ["the table has the plans 7, 8 (--dialplan ID)"],
  );
  assert.equal(unclear.yaml, undefined);
  assert.equal((await asked("9")).yaml, undefined);
  const { yaml = "" } = await asked("7");
  assert.match(yaml, /# id 1, world\n/);
  const { config } = readConfiguration(["/f.yaml"], NO_OPTIONS, fakeIo({ "/f.yaml": yaml }));
  assert.deepEqual(
    config?.sets.map(({ name }) => name),
    ["world"],
  );
  assert.deepEqual(
    config?.routes.map(({ action }) => action.kind),
    ["dispatch", "reject"],
  );
});

it("a weight from an event socket in OpenSIPS's table comes with what is needed to connect", async () => {
  const columns = ["id", "setid", "destination", "weight", "probe_mode"];
  const rows = [["1", "7", "sip:10.0.0.1", "fs://:ClueCon@10.0.0.1", "0"]];
  const reader = { read: () => Promise.resolve({ columns, rows }) };
  const url = "mysql://lb@db/opensips";
  const { yaml = "" } = await importTable(url, "dispatcher", NO_OPTIONS, fakeIo(), reader, undefined);
  const { config } = readConfiguration(["/f.yaml"], NO_OPTIONS, fakeIo({ "/f.yaml": yaml }));
  const place = config?.sets[0]?.destinations[0]?.weightFrom;
  assert.deepEqual([place?.host, place?.port, place?.password.reveal()], ["10.0.0.1", 8021, "ClueCon"], yaml);
});

it("capacities from event sockets in a table come with what is needed to connect", async () => {
  const columns = ["id", "group_id", "dst_uri", "resources", "probe_mode"];
  const rows = [["1", "7", "sip:10.0.0.1", "pstn=fs://:ClueCon@10.0.0.1:8021", "2"]];
  const reader = { read: () => Promise.resolve({ columns, rows }) };
  const { yaml = "" } = await importTable("sqlite:///d.db", "load_balancer", NO_OPTIONS, fakeIo(), reader, undefined);
  const { config } = readConfiguration(["/f.yaml"], NO_OPTIONS, fakeIo({ "/f.yaml": yaml }));
  const pstn = config?.sets[0]?.destinations[0]?.resources.pstn;
  assert.ok(typeof pstn === "object", yaml);
  assert.deepEqual([pstn.host, pstn.port, pstn.password.reveal()], ["10.0.0.1", 8021, "ClueCon"]);
});

it("what a row of Kamailio's says of its probes comes with it, and what is not taken over is told by row", async () => {
  const columns = ["id", "setid", "destination", "flags", "priority", "attrs"];
  const rows = [
    ["1", "7", "sip:10.0.0.1", "0", "0", "ping_from=sip:lb@example.com;ping_socket=udp:127.0.0.1:5060"],
    ["2", "7", "sip:10.0.0.2", "0", "0", "obproxy=sip:10.0.0.9;Ping_From=a b"],
    ["3", "7", "sip:10.0.0.3", "0", "0", "ping_socket=udp:127.0.0.1:5099"],
  ];
  const reader = { read: () => Promise.resolve({ columns, rows }) };
  const options = { ...NO_OPTIONS, listen: ["udp://127.0.0.1:5060"] };
  const url = "sqlite:///d.db";
  const { yaml = "", problems } = await importTable(url, "dispatcher", options, fakeIo(), reader, undefined);
  const { config } = readConfiguration(["/f.yaml"], NO_OPTIONS, fakeIo({ "/f.yaml": yaml }));
  assert.deepEqual(
    config?.sets[0]?.destinations.map(({ probeFrom, probeListener }) => [probeFrom, probeListener]),
    [
      ["sip:lb@example.com", "udp://127.0.0.1:5060"],
      [undefined, undefined],
    ],
    yaml,
  );
  const told = problems.map(({ what }) => what).join("\n");
  assert.match(told, /id 2, column attrs: no equivalent: obproxy=sip:10\.0\.0\.9 \(an outbound proxy/);
  assert.match(told, /id 2, column attrs: ping_from=a b: .*; probes have the From of the others/);
  assert.match(told, /id 3, column attrs: ping_socket "udp:127\.0\.0\.1:5099" is not one of the listeners/);
});
