// Scripts of Kamailio whose destinations are in a dispatcher.list: where it is found, and what its sets get from the script.
import assert from "node:assert/strict";
import { it } from "node:test";
import { fakeIo, NO_OPTIONS } from "../../src/config/io-fake.ts";
import { readConfiguration, translate } from "../../src/config/open.ts";
import { formatProblem } from "../../src/config/problem.ts";

const WITH_LIST = `#!KAMAILIO
loadmodule "dispatcher.so"
modparam("dispatcher", "list_file", "/etc/kamailio/gateways.list")
modparam("dispatcher", "setid_col", "grp")
modparam("dispatcher", "ds_ping_interval", 20)
modparam("dispatcher", "ds_probing_threshhold", 4)
modparam("dispatcher", "ds_inactive_threshold", 5)
modparam("dispatcher", "ds_probing_mode", 1)
modparam("dispatcher", "ds_ping_reply_codes", "class=3;code=404")
modparam("dispatcher", "use_default", 1)
modparam("dispatcher", "hash_pvar", "$fU")
`;
const LIST = "1 sip:10.0.0.1 0 0 class=a\n2 sip:10.0.0.2\n2 sip:10.0.0.3 0 0 maxload=lots\n";

function imported(text: string, options: object = {}) {
  const io = fakeIo({ "/k.cfg": text });
  const { yaml, problems } = translate("/k.cfg", { ...NO_OPTIONS, ...options }, io);
  const lines = problems.map(formatProblem);
  const again = readConfiguration(["/f.yaml"], NO_OPTIONS, fakeIo({ "/f.yaml": yaml ?? "" })).config;
  return { yaml: yaml ?? "", lines, config: again };
}

it("a kamailio.cfg with a list: the list is read where it says or beside the script, and its sets are probed as the script says", () => {
  for (const [list, told] of [
    ["/etc/kamailio/gateways.list", []],
    [
      "/home/me/gateways.list",
      [
        "/home/me/k.cfg:3:1: warning: the destinations are in /etc/kamailio/gateways.list: /home/me/gateways.list is read",
      ],
    ],
  ] as const) {
    const io = fakeIo({ "/home/me/k.cfg": WITH_LIST, [list]: LIST });
    const options = { listen: ["udp://10.0.0.5:5060"], set: "2", algorithm: "7" };
    const { yaml = "", problems } = translate("/home/me/k.cfg", options, io);
    const { config } = readConfiguration(["/f.yaml"], NO_OPTIONS, fakeIo({ "/f.yaml": yaml }));
    assert.deepEqual(
      config?.sets.map(({ name, algorithm, useDefault, key, probe, destinations }) => [
        name,
        algorithm,
        useDefault,
        key !== null,
        [probe?.every, probe?.downAfter, probe?.upAfter, probe?.mode, probe?.accept.length],
        destinations.map(({ host }) => host),
      ]),
      [
        ["1", "kamailio:7", true, true, [20_000, 4, 5, "all", 3], ["10.0.0.1"]],
        ["2", "kamailio:7", true, true, [20_000, 4, 5, "all", 3], ["10.0.0.2", "10.0.0.3"]],
      ],
    );
    assert.deepEqual(config?.routes[0]?.action, { kind: "dispatch", set: "2" });
    const lines = problems.map(formatProblem);
    assert.deepEqual(lines.slice(0, told.length + 1), [
      ...told,
      "/home/me/k.cfg:4:1: warning: dispatcher: setid_col is not taken over (it belongs to a table, and the destinations are in a list)",
    ]);
    // What the list says has the list's line.
    assert.ok(lines.at(-1)?.startsWith(`${list}:3:`), lines.join("\n"));
  }
});

it("a kamailio.cfg with a list and no --algorithm: what only some algorithms have is told by line", () => {
  const { lines } = imported(WITH_LIST);
  const told = lines.filter((line) => /use_default|hash_pvar/.test(line));
  assert.deepEqual(told, [
    "/k.cfg:10:1: warning: dispatcher: use_default is not taken over (for algorithms of kamailio only: --algorithm NUMBER)",
    "/k.cfg:11:1: warning: dispatcher: hash_pvar is not taken over (for kamailio:7 only: --algorithm 7)",
  ]);
});

it("a list beside a table is told, and Kamailio's usual list is found without a parameter", () => {
  const both = `${WITH_LIST}modparam("dispatcher", "db_url", "mysql://lb@db/lb")\n`;
  assert.match(
    imported(both).lines.join("\n"),
    /k\.cfg:3:1: warning: dispatcher: list_file is not taken over \(the table/,
  );
  const io = fakeIo({ "/k.cfg": WITH_LIST.replace(/^.*list_file.*$/m, ""), "/dispatcher.list": LIST });
  assert.match(translate("/k.cfg", NO_OPTIONS, io).yaml ?? "", /sip:10\.0\.0\.3/);
});

it("a script with a list that is not there says so by its line, and keeps what its sets would have", () => {
  const { lines, config } = imported(WITH_LIST, { algorithm: "4" });
  assert.ok(
    lines.includes(
      "/k.cfg:3:1: warning: the destinations are in /etc/kamailio/gateways.list, which cannot be read (/etc/kamailio/gateways.list, or one beside /k.cfg)",
    ),
    lines.join("\n"),
  );
  const [set] = config?.sets ?? [];
  assert.deepEqual([set?.destinations.length, set?.algorithm, set?.probe?.every], [0, "kamailio:4", 20_000]);
});

it("a script whose list cannot be read is not run, and says why", () => {
  const run = (readFile: (path: string) => string) =>
    readConfiguration(["/k.cfg"], NO_OPTIONS, { ...fakeIo({ "/k.cfg": WITH_LIST }), readFile });
  const away = fakeIo({ "/k.cfg": WITH_LIST });
  const { config, problems } = run(away.readFile);
  assert.equal(config, undefined);
  assert.ok(
    problems
      .map(formatProblem)
      .some((line) => line.startsWith("/k.cfg:3:1: error: the destinations are in /etc/kamailio")),
  );
  // What stands beside the script may be an old one: it takes the place of a list that is not there, and of no other.
  const closed = run((path) => {
    if (path === "/etc/kamailio/gateways.list") throw Object.assign(new Error("closed"), { code: "EACCES" });
    return path === "/k.cfg" ? WITH_LIST : LIST;
  });
  assert.equal(closed.config, undefined);
  assert.match(closed.problems.map(formatProblem).join("\n"), /error: the destinations are in .*EACCES/);
});
