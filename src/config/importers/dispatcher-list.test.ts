import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeIo, NO_OPTIONS } from "../io-fake.ts";
import { type ReadOptions, readConfiguration } from "../open.ts";
import { formatProblem } from "../problem.ts";
import { formatHostPort } from "../values/address.ts";
import { dispatcherList } from "./dispatcher-list.ts";
import { readRecords } from "./list-record.ts";

const LISTEN = { listen: ["udp://127.0.0.1:5060"] };

function read(text: string, some: Partial<ReadOptions> = LISTEN) {
  const { config, problems } = readConfiguration(["/d.list"], { ...NO_OPTIONS, ...some }, fakeIo({ "/d.list": text }));
  return { config, lines: problems.map(formatProblem) };
}

function destinations(text: string, some: Partial<ReadOptions> = LISTEN) {
  return read(text, some).config?.sets[0]?.destinations ?? [];
}

describe("a dispatcher.list", () => {
  it("is recognised by its content, or else by its name", () => {
    assert.ok(dispatcherList.recognise("# x\n\n 1 sip:10.0.0.1\n", "a"));
    assert.ok(dispatcherList.recognise("x sip:10.0.0.1\n", "dispatcher.list"));
    assert.ok(!dispatcherList.recognise("listeners: []\n", "fairlead.yaml"));
    assert.ok(!dispatcherList.recognise("<x/>", "a.xml"));
  });

  it("alone is enough with a listener: probes off, admin off, Kamailio's order", () => {
    const { config, lines } = read("1 sip:10.0.0.1:5070\n1 sip:10.0.0.2:5070\n");
    assert.deepEqual(lines, []);
    const [set] = config?.sets ?? [];
    assert.deepEqual(
      [set?.name, set?.algorithm, set?.order, set?.probe, config?.admin],
      ["1", "round-robin", "kamailio", null, null],
    );
  });

  it("takes Kamailio's algorithm numbers, and lists them when one is missing", () => {
    assert.equal(read("1 sip:a.example", { ...LISTEN, algorithm: "0" }).config?.sets[0]?.slots, "kamailio");
    const { config, lines } = read("1 sip:a.example", { ...LISTEN, algorithm: "64" });
    assert.equal(config, undefined);
    assert.match(
      lines[0] ?? "",
      /algorithm 64 is not available in this version \(available: 0 hash-call-id, 1 hash-from/,
    );
  });

  it("takes an algorithm with its product, and gives it the weights that Kamailio would", () => {
    const text = "1 sip:a.example 0 0 weight=30;rweight=7\n1 sip:b.example 0 0 rweight=1\n1 sip:c.example";
    const nine = read(text, { ...LISTEN, algorithm: "kamailio:9" }).config?.sets[0];
    assert.deepEqual([nine?.algorithm, nine?.order], ["kamailio:9", "kamailio"]);
    assert.deepEqual(
      nine?.destinations.map(({ weight }) => weight),
      [30, 0, 0],
    );
    assert.deepEqual(
      destinations(text, { ...LISTEN, algorithm: "kamailio:11" }).map(({ weight }) => weight),
      [7, 1, 0],
    );
    const controlled = "1 sip:a.example 0 0 CC=1;weight=30;rweight=7\n1 sip:b.example 0 0 rweight=1;cc=1;LATENCY=9";
    assert.deepEqual(
      destinations(controlled, { ...LISTEN, algorithm: "kamailio:11" }).map(({ weight, attrs }) => [weight, attrs]),
      [
        [30, { cc: "1", rweight: "7" }],
        [1, { cc: "1", latency: "9", rweight: "1" }],
      ],
    );
    assert.equal(read(text, { ...LISTEN, algorithm: "opensips:4" }).config?.sets[0]?.order, "written");
    assert.equal(read(text, { ...LISTEN, algorithm: "12" }).config?.sets[0]?.algorithm, "parallel");
    assert.equal(read(text, { ...LISTEN, algorithm: "kamailio:12" }).config?.sets[0]?.algorithm, "kamailio:12");
    assert.equal(read(text, { ...LISTEN, algorithm: "kamailio:64" }).config?.sets[0]?.algorithm, "kamailio:64");
  });

  it("keeps host names, and prefixes sip:", () => {
    assert.deepEqual(
      destinations("1 Gw.example.com:5070").map((one) => [one.uri, one.host, one.port]),
      [["sip:Gw.example.com:5070", "gw.example.com", 5070]],
    );
  });

  it("knows the flags in decimal and hex", () => {
    const list = destinations("1 sip:a 1\n1 sip:b 4\n1 sip:c 5\n1 sip:d 0x8\n1 sip:e 32\n1 sip:f 0x29\n1 sip:g 2");
    assert.deepEqual(
      list.map((one) => `${one.state}/${one.probe}`),
      [
        "inactive/default",
        "disabled/default",
        "disabled/default",
        "active/marked",
        "active/never",
        "inactive/never",
        "active/default",
      ],
    );
  });

  it("takes what is no number as attributes, sign included", () => {
    const [plain, signed] = readRecords("1 sip:a weight=5 x\n1 sip:b 0 -1 weight=5");
    assert.deepEqual(
      [plain?.flags, plain?.attrs, plain?.rest, plain?.attrsColumn, plain?.restColumn],
      [0, "weight=5", "x", 9, 18],
    );
    assert.deepEqual([signed?.priority, signed?.attrs, signed?.rest], [0, "-1", "weight=5"]);
  });

  it("starts a comment at # before the attributes, not inside them", () => {
    const records = readRecords("1 sip:a#x\n1 sip:b 1 # x\n1 sip:c 0 2 #x\n1 sip:d 0 0 k=#v\n#1 sip:e\n   \n");
    assert.deepEqual(
      records.map((one) => [one.uri, one.flags, one.priority, one.attrs]),
      [
        ["sip:a", 0, 0, ""],
        ["sip:b", 1, 0, ""],
        ["sip:c", 0, 2, ""],
        ["sip:d", 0, 0, "k=#v"],
      ],
    );
  });

  it("reads a long line in pieces of 1,023 bytes", () => {
    const records = readRecords(`1 sip:a 0 0 k=${"é".repeat(600)}`);
    assert.equal(records.length, 2);
    assert.deepEqual([records[1]?.setGiven, records[1]?.set, records[1]?.uriColumn], [false, 0, 1_024]);
  });

  it("puts a line without set id into set 0, with a warning", () => {
    const { config, lines } = read("x sip:a\n1 sip:b\n");
    assert.deepEqual(
      config?.sets.map((set) => set.name),
      ["0", "1"],
    );
    assert.deepEqual(config?.routes[0]?.action, { kind: "dispatch", set: "1" });
    assert.match(lines.join("\n"), /d\.list:1:1: warning: the line does not start with a set id/);
  });

  it("is refused as a whole for a set id without URI", () => {
    const { config, lines } = read("1 sip:a\n2\n");
    assert.equal(config, undefined);
    assert.match(lines.join("\n"), /d\.list:2:1: error: set 2 without a URI/);
  });

  it("leaves out what Kamailio leaves out, with place and reason", () => {
    const { config, lines } = read("1 sip:a\n1 sip:10.0.0.1:70000\n1 sip:b 0 0 socket=udp:9.9.9.9:5060\n");
    assert.deepEqual(
      config?.sets[0]?.destinations.map((one) => one.uri),
      ["sip:a"],
    );
    assert.match(lines[0] ?? "", /^\/d\.list:2:3: warning: "70000" is not a port: left out/);
    assert.match(lines[1] ?? "", /^\/d\.list:3:13: warning: socket "udp:9\.9\.9\.9:5060" is not one of the listeners/);
  });

  it("a socket is the listener of the same address, however either is written", () => {
    for (const uri of ["udp://127.0.0.1", "UDP://127.0.0.1:5060", "udp:127.0.0.1:5060"]) {
      const [one] = destinations("1 sip:10.0.0.1 0 0 socket=udp:127.0.0.1:5060\n", { listen: [uri] });
      assert.equal(one?.listener, "udp://127.0.0.1:5060", uri);
    }
  });

  it("gets and loses no listener at a reload: that needs a restart, which would keep all else of the list out", () => {
    const rows = "1 sip:10.0.0.1\n1 sip:10.0.0.2;transport=tcp\n";
    let isKept = (uri: string) => uri.startsWith("tcp");
    const uris = (text: string, inForce: string[]) => {
      const { config, lines } = read(text, {
        listen: ["udp://10.0.0.9"],
        inForce: inForce.map((uri) => ({ uri, connectOnly: isKept(uri) })),
      });
      assert.ok(!lines.some((line) => line.includes(" is added")), lines.join("\n"));
      for (const { transport, connectOnly } of config?.listeners ?? [])
        assert.equal(connectOnly === true, transport === "tcp" && isKept("tcp"));
      return config?.listeners.map(({ transport, host, port }) => `${transport}://${formatHostPort(host, port)}`);
    };
    const [udp, tcp] = ["udp://10.0.0.9:5060", "tcp://10.0.0.9:5060"];
    assert.deepEqual(uris(rows, [udp]), [udp]);
    assert.deepEqual(uris(rows, [udp, tcp]), [udp, tcp]);
    assert.deepEqual(uris("1 sip:10.0.0.1\n", [udp, tcp]), [udp, tcp]);
    assert.deepEqual(uris(rows, [udp, "tcp://10.0.0.8:5060"]), [udp]);
    isKept = () => false;
    assert.deepEqual(uris(rows, [udp, tcp]), [udp, tcp]);
  });

  it("gets a listener for each transport that its rows name, says so by line, and opens no port of TCP that nobody asked for", () => {
    const uris = (text: string, listen: string[]) => {
      const { config, lines } = read(text, { listen });
      for (const { transport, connectOnly } of config?.listeners ?? [])
        assert.equal(connectOnly === true, transport === "tcp" && !listen.some((one) => one.startsWith("tcp")));
      assert.ok(!lines.some((line) => /has no \w+ listener/.test(line)), lines.join("\n"));
      return [
        config?.listeners.map(({ transport, host, port }) => `${transport}://${formatHostPort(host, port)}`),
        lines.filter((line) => line.includes(" is added")).length,
      ];
    };
    const rows = "1 sip:10.0.0.1\n1 sip:10.0.0.2;transport=tcp\n1 sip:10.0.0.3;transport=tcp\n";
    assert.deepEqual(uris(rows, ["udp://10.0.0.9:5070"]), [["udp://10.0.0.9:5070", "tcp://10.0.0.9:5070"], 1]);
    assert.deepEqual(uris(rows, ["tcp://10.0.0.9:5070"]), [["tcp://10.0.0.9:5070", "udp://10.0.0.9:5070"], 1]);
    assert.deepEqual(uris(rows, []), [["udp://0.0.0.0:5060", "tcp://0.0.0.0:5060"], 1]);
    const both = ["udp://10.0.0.9:5060", "tcp://10.0.0.8:5060"];
    assert.deepEqual(uris(rows, both), [both, 0]);
    const six = ["udp://10.0.0.9:5060", "udp://[fd00::9]:5060"];
    assert.deepEqual(uris("1 sip:[fd00::1];transport=tcp\n", six), [[...six, "tcp://[fd00::9]:5060"], 1]);
  });

  it("counts one URI twice when it stands there twice", () => {
    assert.deepEqual(
      destinations("1 sip:a\n1 sip:a\n").map((one) => one.name),
      ["sip:a", "sip:a#2"],
    );
  });

  it("sends requests to the set of --set, the only one, or the lowest", () => {
    const set = (some: Partial<ReadOptions>) => read("3 sip:a\n2 sip:b\n", { ...LISTEN, ...some });
    assert.deepEqual(set({ set: "3" }).config?.routes[0]?.action, { kind: "dispatch", set: "3" });
    assert.deepEqual(set({}).config?.routes[0]?.action, { kind: "dispatch", set: "2" });
    assert.match(set({}).lines[0] ?? "", /requests go to set 2; no route leads to set 3/);
    assert.match(set({ set: "9" }).lines[0] ?? "", /error: there is no set 9 in the file \(sets: 2, 3\)/);
  });

  it("probes with --probe, and only within its own interval", () => {
    const probe = (every: string) => read("1 sip:a", { ...LISTEN, probe: every }).config?.sets[0]?.probe;
    assert.deepEqual([probe("10s")?.every, probe("10s")?.timeout, probe("500ms")?.timeout], [10_000, 2_000, 500]);
  });

  it("never crashes on noise", () => {
    const bytes = "12 \t\n\r#;=x:sip.@[]0\0é-";
    let state = 1;
    for (let i = 0; i < 300; i++) {
      let text = "1 sip:a\n";
      for (let j = 0; j < 60; j++) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        text += bytes[(state >>> 8) % bytes.length];
      }
      const { config, lines } = read(text);
      assert.ok(config !== undefined || lines.some((line) => line.includes("error: ")), text);
    }
  });
});
