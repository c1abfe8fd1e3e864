// Scripts of Kamailio and OpenSIPS, written for this test: what is taken over, and what is told by its line.
import assert from "node:assert/strict";
import { it } from "node:test";
import { readAttributes } from "../../src/config/importers/list-attributes.ts";
import { isScript, readScript } from "../../src/config/importers/script-text.ts";
import { fakeIo, NO_OPTIONS } from "../../src/config/io-fake.ts";
import { readConfiguration, translate } from "../../src/config/open.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { isStatusIn } from "../../src/config/values/status.ts";
import { processorTimeOf } from "../kit/processor-time.ts";

const KAMAILIO = `#!KAMAILIO
#!define DBURL "mysql://kamailio:kamailiorw@localhost/kamailio"
/* the module of
   the dispatcher */
listen=udp:10.0.0.5:5060 # outside
loadmodule "dispatcher.so"
modparam("tm|dispatcher", "fr_timer", 1)
modparam("dispatcher", "db_url", DBURL)
modparam("dispatcher", "table_name", "lb")
modparam("dispatcher", "setid_col", "grp")
modparam("dispatcher", "ds_db_extra_attrs", "weight=wt;zone=area")
modparam("dispatcher", "flags", 2)
modparam("dispatcher", "xavp_dst", "_dsdst_")
modparam("dispatcher", "ds_ping_interval", 20)
modparam("dispatcher", "ds_ping_from", "sip:lb@example.com")
modparam("dispatcher", "ds_probing_threshhold", 4)
modparam("dispatcher", "ds_inactive_threshold", 5)
modparam("dispatcher", "ds_latency_estimator_alpha", 900) modparam("dispatcher", "ds_probing_mode", 1)
modparam("dispatcher", "ds_ping_reply_codes", "class=3;code=404")
modparam("dispatcher", "ds_load_mode", 1)
modparam("dispatcher", "ds_unheard_of", 7)
#!ifdef WITH_FILE
modparam("dispatcher", "list_file", "/etc/kamailio/dispatcher.list")
#!endif
request_route {
  if (is_method("INVITE")) { xlog("a } in text\\n"); }
  ds_select_dst("3", "9");
  t_on_failure("RTF");
}
failure_route[RTF] {
  ds_next_dst(); # next
}
`;

const OPENSIPS = `socket=udp:10.0.0.5:5060
socket=tls:10.0.0.5:5061
loadmodule "load_balancer.so"
modparam("load_balancer", "db_url", "postgres://opensips@db/opensips")
modparam("load_balancer", "db_table", "lb")
modparam("load_balancer", "probing_interval", 30)
modparam("load_balancer", "probing_reply_codes", "501, 403")
modparam("dispatcher", "partition", "trunks: db_url=mysql://opensips@db/opensips; table_name=trunks; ds_ping_method=INFO")
route {
  if (!load_balance("1", "pstn;transc")) { exit; }
}
`;

function imported(text: string, options: object = {}) {
  const io = fakeIo({ "/k.cfg": text });
  const { yaml, problems } = translate("/k.cfg", { ...NO_OPTIONS, ...options }, io);
  const lines = problems.map(formatProblem);
  const again = readConfiguration(["/f.yaml"], NO_OPTIONS, fakeIo({ "/f.yaml": yaml ?? "" })).config;
  return { yaml: yaml ?? "", lines, config: again };
}

it("a kamailio.cfg: parameters of the dispatcher become a source, misspelt ones too; everything else is told by its line", () => {
  const { yaml, lines, config } = imported(KAMAILIO, { set: "3", algorithm: "9" });
  const [source] = config?.sources ?? [];
  assert.deepEqual(
    [source?.place, source?.columns.setid, source?.extraAttrs, source?.badRows],
    ["mysql://kamailio@localhost/kamailio, table lb", "grp", { weight: "wt", zone: "area" }, "refuse"],
  );
  const { probe, algorithm, order } = source?.defaults ?? {};
  assert.deepEqual([algorithm, order], ["kamailio:9", "kamailio"]);
  assert.deepEqual(
    [
      probe?.every,
      probe?.downAfter,
      probe?.upAfter,
      probe?.mode,
      probe?.from,
      probe?.accept.length,
      probe?.latencyAlpha,
    ],
    [20_000, 4, 5, "all", "sip:lb@example.com", 3, 0.9],
  );
  assert.deepEqual(config?.routes[0]?.action, { kind: "dispatch", set: "3" });
  assert.match(yaml, /udp:\/\/10\.0\.0\.5:5060/);
  assert.deepEqual(lines, [
    "/k.cfg:7:1: warning: dispatcher: fr_timer is not taken over (it has no equivalent)",
    "/k.cfg:12:1: warning: dispatcher: flags is not taken over (bit 2, failover, is how every set works)",
    "/k.cfg:13:1: warning: dispatcher: xavp_dst is not taken over (it is for what scripts do themselves; failover is a setting of the set here)",
    "/k.cfg:21:1: warning: dispatcher: ds_unheard_of is not taken over (it has no equivalent)",
    "/k.cfg:25:1: warning: request_route is not translated (lines 25 to 29) (sets, routes and failover of fairlead.yaml)",
    '/k.cfg:27:1: warning: ds_select_dst("3", "9") is not translated (routes: [{set: 3}], algorithm: "kamailio:9")',
    "/k.cfg:30:1: warning: failure_route[RTF] is not translated (lines 30 to 32) (sets, routes and failover of fairlead.yaml)",
    "/k.cfg:31:1: warning: ds_next_dst() is not translated (failover: {on: [...]} of the set)",
  ]);
});

it("a parameter without an equivalent is told with what takes its place, whatever it is called", () => {
  const module = 'loadmodule "dispatcher.so"\n';
  const told = (name: string) => imported(`${module}modparam("dispatcher", "${name}", "1")\n`).lines.join("\n");
  assert.match(
    told("persistent_state"),
    /persistent_state is not taken over \(state: \{file: \.\.\.\} keeps states over a restart/,
  );
  assert.match(told("event_callback"), /event_callback is not taken over \(hooks tell somebody outside/);
  for (const name of ["constructor", "__proto__", "toString"])
    assert.match(told(name), new RegExp(`${name} is not taken over \\(it has no equivalent\\)`));
});

it("an opensips.cfg: the load_balancer, and partitions of the dispatcher", () => {
  const { lines, config } = imported(OPENSIPS);
  assert.deepEqual(
    config?.sources.map(({ kind, place, prefix, defaults }) => [kind, place, prefix, defaults.probe?.every ?? 0]),
    [
      ["load_balancer", "postgresql://opensips@db/opensips, table lb", "", 30_000],
      ["opensips", "mysql://opensips@db/opensips, table trunks", "trunks.", 0],
    ],
  );
  assert.equal(config?.sources[0]?.defaults.algorithm, "load-balancer");
  assert.deepEqual(lines, [
    "/k.cfg:2:1: warning: the socket tls:10.0.0.5:5061 is not taken over (--listen, with its certificate)",
    "/k.cfg:9:1: warning: route is not translated (lines 9 to 11) (sets, routes and failover of fairlead.yaml)",
    '/k.cfg:10:1: warning: load_balance("1", "pstn;transc") is not translated (routes: [{set: 1, resources: "pstn;transc"}])',
  ]);
});

it("OpenSIPS's dispatcher is known by its file's name, by its words, or by its database: the columns of its table are others", () => {
  const plain = `loadmodule "dispatcher.so"
modparam("dispatcher", "db_url", "mysql://lb:secret@localhost/lb")
modparam("dispatcher", "ds_probing_threshhold", 1)
route[to_media] {
  if (!ds_select_dst(1, 2, "f")) { send_reply(500, "No route to Media"); exit; }
}
`;
  const kindOf = (text: string, file = "/k.cfg") => {
    const { yaml, problems } = translate(file, NO_OPTIONS, fakeIo({ [file]: text }));
    return [
      /^ {2}- (\w+):$/m.exec(yaml ?? "")?.[1],
      problems.map(({ hint }) => hint).find((hint) => hint.includes(":2")),
    ];
  };
  const opensips = ["opensips", 'routes: [{set: 1}], algorithm: "opensips:2"'];
  assert.deepEqual(kindOf(plain), ["kamailio", 'routes: [{set: 1}], algorithm: "kamailio:2"']);
  assert.deepEqual(kindOf(plain, "/etc/lb/opensips.cfg"), opensips);
  assert.deepEqual(kindOf(plain.replace("@localhost/lb", "@localhost/opensips")), opensips);
  assert.deepEqual(kindOf(`${plain}failure_route[A] {\n if (t_was_cancelled()) exit;\n}\n`), opensips);
  assert.deepEqual(kindOf(`#!KAMAILIO\n${plain}`, "/etc/lb/opensips.cfg")[0], "kamailio");
});

it("what a script does not say about probing is as its product has it, where it probes at all", () => {
  const url = '"mysql://lb@db/lb"';
  const probeOf = (text: string, options: object = {}) => {
    const probe = imported(`loadmodule "x.so"\n${text}`, options).config?.sources[0]?.defaults.probe;
    if (probe === null || probe === undefined) return null;
    const { every, timeout, downAfter, upAfter, mode, accept, from } = probe;
    const wells = [200, 202, 302, 404].filter((status) => isStatusIn(accept, status));
    return [every, timeout, downAfter, upAfter, mode, wells, from];
  };
  const [kamailio, opensips] = [
    `#!KAMAILIO\nmodparam("dispatcher", "db_url", ${url})\n`,
    `socket=udp:10.0.0.5\nmodparam("dispatcher", "db_url", ${url})\n`,
  ];
  const pings = 'modparam("dispatcher", "ds_ping_interval", 60)\n';
  const dispatcher = "sip:dispatcher@localhost";
  assert.deepEqual(probeOf(kamailio), null);
  assert.deepEqual(probeOf(kamailio + pings), [60_000, 30_000, 1, 1, "once", [200, 202], dispatcher]);
  assert.deepEqual(probeOf(opensips), null);
  assert.deepEqual(probeOf(opensips + pings), [60_000, 30_000, 3, 1, "down", [200], dispatcher]);
  const codes = 'modparam("dispatcher", "options_reply_codes", "404")\n';
  assert.deepEqual(probeOf(opensips + pings + codes)?.[5], [200, 404]);
  const balancer = `modparam("load_balancer", "db_url", ${url})\n`;
  assert.deepEqual(probeOf(balancer), [30_000, 30_000, 1, 1, "all", [200, 202, 302], "sip:prober@localhost"]);
  assert.deepEqual(probeOf(`${balancer}modparam("load_balancer", "probing_interval", 0)\n`), null);
  // Asked for here, and not there: as we probe.
  assert.deepEqual(probeOf(kamailio, { probe: "5s" })?.slice(0, 5), [5_000, 2_000, 3, 2, "all"]);
});

it("noise after a loadmodule never crashes", () => {
  const parts = [
    'loadmodule "',
    "modparam(",
    '"dispatcher"',
    ",",
    '"db_url"',
    "{",
    "}",
    "/*",
    "*/",
    "#!ifdef X\n",
    "#!endif\n",
    "route[",
    "]",
    '"',
    "\n",
    "\\",
  ];
  let state = 7;
  for (let round = 0; round < 300; round++) {
    let text = 'loadmodule "a"\n';
    for (let i = 0; i < 60; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      text += parts[(state >>> 8) % parts.length];
    }
    const { lines, config } = imported(text);
    assert.ok(config !== undefined || lines.length > 0, text);
  }
});

it("blanks and brackets without an end take no time, and words that every object knows mean nothing", () => {
  const took = processorTimeOf(() => {
    assert.equal(isScript("\n".repeat(100_000)), false);
    for (const text of [`route${" ".repeat(100_000)}`, "\r\n".repeat(50_000), "route[".repeat(20_000)])
      assert.deepEqual(readScript(text).blocks, []);
  });
  // Half a minute when each looks at all that follow.
  assert.ok(took < 3_000, `${took} ms`);
  assert.deepEqual(readScript("route [A]\n {\n}\nroute {\n}\n").blocks.length, 2);
  assert.deepEqual(readAttributes("constructor=y").without, []);
});

it("quotes without an end take no time", () => {
  const took = processorTimeOf(() => {
    readScript('\\"'.repeat(200_000));
    readScript(`"${'\\"'.repeat(200_000)}`);
  });
  // Minutes when each quote is taken for the beginning of a string that has to end.
  assert.ok(took < 3_000, `${took} ms`);
});

it("OpenSIPS 9 and 10: the algorithm is taken over, and where its numbers come from here is told by line", () => {
  const text = `socket=udp:10.0.0.5:5060 # opensips
loadmodule "dispatcher.so"
modparam("dispatcher", "db_url", "mysql://opensips@db/opensips")
modparam("dispatcher", "pvar_algo_pattern", "$stat(load_%u)")
modparam("dispatcher", "algo_route", "SCORE")
route {
  ds_select_dst(1, 10);
}
route[SCORE] {
  return(1);
}
`;
  for (const number of ["9", "10"]) {
    const { lines, config } = imported(text, { algorithm: number });
    assert.equal(config?.sources[0]?.defaults.algorithm, `opensips:${number}`);
    const told = "`score` in the configuration, or told by `fairlead destinations score`";
    assert.deepEqual(lines, [
      `/k.cfg:4:1: warning: dispatcher: pvar_algo_pattern is not taken over (what $stat(load_%u) holds is the score of a destination under opensips:9: ${told})`,
      `/k.cfg:5:1: warning: dispatcher: algo_route is not taken over (what route[SCORE] returns is the score of a destination under opensips:10: ${told})`,
      "/k.cfg:6:1: warning: route is not translated (lines 6 to 8) (sets, routes and failover of fairlead.yaml)",
      '/k.cfg:7:1: warning: ds_select_dst(1, 10) is not translated (routes: [{set: 1}], algorithm: "opensips:10")',
      "/k.cfg:9:1: warning: route[SCORE] is not translated (lines 9 to 11) (an algorithm of your own whose function is `score`: own:NAME)",
    ]);
  }
});

it("marks are told apart: what OpenSIPS calls inactive is brought back by somebody, what it calls probing by an answer", () => {
  const script = (words: string) => `${words}
loadmodule "dispatcher.so"
modparam("dispatcher", "db_url", "mysql://lb@db/lb")
failure_route[A] {
  ds_mark_dst("p");
  ds_mark_dst();
  ds_mark_dst("i");
  ds_mark_dst("a");
}
`;
  const hints = (words: string) =>
    imported(script(words)).lines.flatMap((line) => /ds_mark_dst.* is not translated \((.*)\)$/.exec(line)?.[1] ?? []);
  const [plain, forGood] = [
    "failover: {mark: [...]} of the set or route",
    "failover: {mark: [...], mark_as: disabled} of the set or route",
  ];
  const after = (times: number) => `failover: {mark: [...], mark_after: ${times}} of the set or route`;
  const active = "one good answer to a probe: probe: {up_after: 1}";
  assert.deepEqual(hints("socket=udp:10.0.0.5:5060"), [after(3), forGood, forGood, active]);
  const threshold = (times: number) =>
    `socket=udp:10.0.0.5:5060\nmodparam("dispatcher", "ds_probing_threshhold", ${times})`;
  assert.equal(hints(threshold(5))[0], after(5));
  assert.equal(hints(threshold(1))[0], plain);
  assert.deepEqual(hints("#!KAMAILIO\nlisten=udp:10.0.0.5:5060"), [plain, plain, plain, active]);
});
