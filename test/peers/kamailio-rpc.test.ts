// Kamailio's `dispatcher.*` commands, asked of a real Kamailio and of Fairlead with the same list: scripts and panels see the same.
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { LbProcess } from "../kit/lb-process.ts";
import { reservePort } from "../kit/port.ts";
import { until } from "../kit/wait.ts";
import { KAMAILIO, whyNoKamailio } from "./kamailio.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const TOKEN = "a-token-of-the-test-01";
const LIST = `1 sip:127.0.0.11:5070 0 5 duid=a;foo=bar
1 sip:127.0.0.12:5070 8 3 maxload=7
1 sip:127.0.0.13:5070
1 sip:127.0.0.14:5070
2 sip:127.0.0.12:5070;transport=udp
2 sip:127.0.0.14:5071 4
7 sip:127.0.0.15 1 9
`;

function kamailioScript(folder: string, port: number): string {
  const modules = ["pv", "sl", "tm", "rr", "xhttp", "jsonrpcs", "dispatcher"];
  return `debug=0
log_stderror=yes
children=1
listen=udp:127.0.0.1:${port}
listen=tcp:127.0.0.1:${port}
tcp_accept_no_cl=yes
${modules.map((name) => `loadmodule "${name}.so"`).join("\n")}
modparam("dispatcher", "list_file", "${folder}/dispatcher.list")
modparam("dispatcher", "reload_delta", 0)
modparam("jsonrpcs", "transport", 1)
request_route { exit; }
event_route[xhttp:request] { jsonrpc_dispatch(); }
`;
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A peer that takes JSON-RPC. */
interface Peer {
  ask(method: string, params?: unknown): Promise<Answer>;
  stop(): Promise<void>;
}

function asker(url: string, headers: Record<string, string>): Peer["ask"] {
  return async (method, params) => {
    const request = JSON.stringify({ jsonrpc: "2.0", method, ...(params === undefined ? {} : { params }), id: 7 });
    const answer = await fetch(url, { method: "POST", body: request, headers });
    return { status: answer.status, body: (await answer.json()) as Answer["body"] };
  };
}

async function startKamailio(folder: string): Promise<Peer> {
  const { port, release } = await reserved();
  const file = join(folder, "kamailio.cfg");
  writeFileSync(file, kamailioScript(folder, port));
  const flags = ["-DD", "-f", file, "-m", "64", "-M", "8", "-Y", folder, "-w", folder];
  const child: ChildProcess = spawn(KAMAILIO, flags, { stdio: "ignore" });
  const ask = asker(`http://127.0.0.1:${port}/RPC`, {});
  const isUp = () =>
    ask("dispatcher.ping_active", []).then(
      () => true,
      () => false,
    );
  const stop = async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    release();
  };
  try {
    await until("Kamailio's RPC", isUp);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ask, stop };
}

async function startFairlead(folder: string): Promise<Peer> {
  const [sip, admin] = [await reserved(), await reserved()];
  const list = join(folder, "dispatcher.list");
  const listen = ["--listen", `udp://127.0.0.1:${sip.port}`];
  const yaml = execFileSync(process.execPath, [MAIN, "import", list, ...listen], { encoding: "utf8", stdio: "pipe" });
  const file = join(folder, "fairlead.yaml");
  const access = `kamailio_rpc: true, tokens: [{name: test, role: admin, token: ${TOKEN}}]`;
  const rest = yaml.replace(/^admin:.*\n(?: .*\n)*/m, "");
  writeFileSync(file, `${rest}\nadmin: {listen: "http://127.0.0.1:${admin.port}", ${access}}\n`);
  const process_ = new LbProcess(["run", file]);
  const stop = async () => {
    await process_.stop();
    sip.release();
    admin.release();
  };
  try {
    await process_.ready();
  } catch (error) {
    await stop();
    throw error;
  }
  const ask = asker(`http://127.0.0.1:${admin.port}/RPC`, { authorization: `Bearer ${TOKEN}` });
  return { ask, stop };
}

async function reserved(): Promise<{ port: number; release: () => void }> {
  const reservation = await reservePort();
  return { port: reservation.port, release: () => reservation.release() };
}

/** [set, URI, flags, priority] of every destination, in the order of the answer within each set. */
function rowsOf({ body }: Answer): string[] {
  const { RECORDS } = body.result as {
    RECORDS: { SET: { ID: number; TARGETS: { DEST: Record<string, unknown> }[] } }[];
  };
  return RECORDS.map(({ SET }) => SET)
    .sort((a, b) => a.ID - b.ID)
    .flatMap(({ ID, TARGETS }) =>
      TARGETS.map(({ DEST }) => {
        const attributes = DEST.ATTRS as Record<string, unknown> | undefined;
        const known = attributes === undefined ? "" : ` ${attributes.DUID} ${attributes.MAXLOAD}`;
        return `${ID} ${DEST.URI} ${DEST.FLAGS} ${DEST.PRIORITY}${known}`;
      }),
    );
}

/** What the normal list says of a destination's shares; undefined: it has no attributes. */
function sharesOf({ body }: Answer, uri: string | undefined) {
  const { RECORDS } = body.result as {
    RECORDS: { SET: { TARGETS: { DEST: { URI: string; ATTRS?: Record<string, unknown> } }[] } }[];
  };
  const found = RECORDS.flatMap(({ SET }) => SET.TARGETS).find(({ DEST }) => DEST.URI === uri)?.DEST.ATTRS;
  if (found === undefined) return undefined;
  const { BODY, WEIGHT, RWEIGHT } = found;
  return { BODY: String(BODY).split(";").sort(), WEIGHT, RWEIGHT };
}

const skip = whyNoKamailio();

describe("Kamailio's commands", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-rpc-"));
  let kamailio: Peer;
  let fairlead: Peer;

  before(async () => {
    writeFileSync(join(folder, "dispatcher.list"), LIST);
    kamailio = await startKamailio(folder);
    fairlead = await startFairlead(folder);
  });
  after(async () => {
    await Promise.all([kamailio?.stop(), fairlead?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const both = async (method: string, params?: unknown) =>
    [await kamailio.ask(method, params), await fairlead.ask(method, params)] as const;

  test("dispatcher.list shows the same sets, destinations, flags, priorities and attributes in the same order", async (t) => {
    const [theirs, ours] = await both("dispatcher.list", []);
    assert.deepEqual(rowsOf(ours), rowsOf(theirs));
    const [short, ourShort] = await both("dispatcher.list", ["short"]);
    assert.deepEqual(rowsOf(ourShort), rowsOf(short));
    t.diagnostic(`${rowsOf(ours).length} of ${rowsOf(theirs).length} destinations the same`);
  });

  test("every state is set by the same words and shown by the same letters", async (t) => {
    let same = 0;
    const words = ["i", "ip", "a", "ap", "t", "tp", "d", "dp", "aip", "0", "1", "2", "3", 0, 1, "I", "AP"];
    for (const word of words) {
      const [theirs, ours] = await both("dispatcher.set_state", [word, 1, "sip:127.0.0.13:5070"]);
      assert.deepEqual(ours, theirs, String(word));
      const [listed, ourListed] = await both("dispatcher.list", ["short"]);
      assert.deepEqual(rowsOf(ourListed), rowsOf(listed), String(word));
      same++;
    }
    const [all, ourAll] = await both("dispatcher.set_state", ["i", 7, "all"]);
    assert.deepEqual(ourAll, all);
    const [byDuid, ourByDuid] = await both("dispatcher.set_duid_state", ["d", 1, "a"]);
    assert.deepEqual(ourByDuid, byDuid);
    const [theirs, ours] = await both("dispatcher.list", ["short"]);
    assert.deepEqual(rowsOf(ours), rowsOf(theirs));
    t.diagnostic(`${same} of ${words.length} state words the same`);
  });

  test("what cannot be done is refused with the same status and words", async () => {
    for (const [method, params] of [
      ["dispatcher.set_state", ["x", 1, "sip:127.0.0.13:5070"]],
      ["dispatcher.set_state", ["a", 9, "sip:127.0.0.13:5070"]],
      ["dispatcher.set_state", ["a", 1, "sip:127.0.0.99"]],
      ["dispatcher.set_state", ["a", 1, "127.0.0.13:5070"]],
      ["dispatcher.set_state", ["a"]],
      ["dispatcher.set_state", undefined],
      ["dispatcher.set_duid_state", ["i", 1, "nope"]],
      ["dispatcher.add", [3]],
      ["dispatcher.hash", [5]],
      ["dispatcher.nope", []],
    ] as const) {
      const [theirs, ours] = await both(method, params);
      assert.deepEqual(ours, theirs, `${method} ${JSON.stringify(params)}`);
    }
  });

  test("dispatcher.hash gives the same numbers", async (t) => {
    const values = ["abc", "", "a", "sip:alice@example.com", "3848276298220188511@atlanta.example.com", "äöü"];
    let same = 0;
    for (const value of values)
      for (const params of [
        [5, value],
        [64, value, "second"],
      ]) {
        const [theirs, ours] = await both("dispatcher.hash", params);
        assert.deepEqual(ours, theirs, JSON.stringify(params));
        same++;
      }
    t.diagnostic(`${same} of ${values.length * 2} hashes the same`);
  });

  test("destinations come and go by dispatcher.add and dispatcher.remove, and a reload brings back the list", async () => {
    for (const [method, params] of [
      ["dispatcher.add", [2, "sip:127.0.0.20:5070", 8, 4, "maxload=3"]],
      ["dispatcher.remove", [2, "sip:127.0.0.14:5071"]],
    ] as const) {
      const [theirs, ours] = await both(method, params);
      assert.deepEqual(ours, theirs, method);
    }
    const [changed, ourChanged] = await both("dispatcher.list", []);
    const of2 = (answer: Answer) => rowsOf(answer).filter((row) => row.startsWith("2 "));
    assert.deepEqual(of2(ourChanged), of2(changed));
    const [theirs, ours] = await both("dispatcher.reload", []);
    assert.deepEqual(ours, theirs);
    const [listed, ourListed] = await both("dispatcher.list", ["short"]);
    const uris = (answer: Answer) => rowsOf(answer).map((row) => row.split(" ").slice(0, 2).join(" "));
    assert.deepEqual(uris(ourListed), uris(listed));
  });

  test("attributes of dispatcher.add are heeded and shown as Kamailio does; a socket that is nobody's is not", async () => {
    const attributes = "rweight=50;weight=10;class=gold";
    for (const params of [
      [2, "sip:127.0.0.21:5070", 8, 4, attributes],
      [2, "sip:127.0.0.22:5070", 0, 0, "rweight=30"],
      [2, "sip:127.0.0.23:5070", 0, 0, "maxload=3;weight=200"],
    ]) {
      const [theirs, ours] = await both("dispatcher.add", params);
      assert.deepEqual(ours, theirs, JSON.stringify(params));
    }
    const [theirs, ours] = await both("dispatcher.list", []);
    const [first, second, third] = [21, 22, 23].map((last) => `sip:127.0.0.${last}:5070`);
    assert.deepEqual(sharesOf(ours, first), { BODY: attributes.split(";").sort(), WEIGHT: 10, RWEIGHT: 50 });
    assert.deepEqual(sharesOf(ours, first), sharesOf(theirs, first));
    for (const uri of [second, third])
      assert.equal(sharesOf(ours, uri)?.RWEIGHT, sharesOf(theirs, uri)?.RWEIGHT, `RWEIGHT of ${uri}`);
    assert.deepEqual(sharesOf(ours, second)?.BODY, sharesOf(theirs, second)?.BODY);
    // There it is left out in spite of the Ok.
    const params = [2, "sip:127.0.0.24:5070", 8, 4, "socket=udp:127.0.0.99:5999"];
    const [, refused] = await both("dispatcher.add", params);
    assert.equal(refused.status, 500);
    assert.match(JSON.stringify(refused.body), /not one of the listeners/);
    const [left, ourLeft] = await both("dispatcher.list", ["short"]);
    for (const rows of [rowsOf(left), rowsOf(ourLeft)])
      assert.ok(rows.some((row) => row.includes("127.0.0.23:")) && !rows.some((row) => row.includes("127.0.0.24:")));
    const [reload, ourReload] = await both("dispatcher.reload", []);
    assert.deepEqual(ourReload, reload);
  });

  test("dispatcher.ping_active tells and changes whether probes are sent", async () => {
    for (const params of [[], [0], [], [1], []]) {
      const [theirs, ours] = await both("dispatcher.ping_active", params);
      assert.deepEqual(ours, theirs, JSON.stringify(params));
    }
  });
});
