// Congestion control as the real Kamailio has it: its pings measure servers that grow slow, and its shares under 11 are compared with
// ours for the latencies that it says it has.
// Runs alone: its servers have to answer quickly, or it measures the others.
import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { headerValues, Kamailio, whyNoKamailio } from "./kamailio.ts";
import { ListedSet } from "./listed-set.ts";
import { LIST, modulesOf, SETS } from "./sequence-sets.ts";

const PORT = 22_140;
const SET = 31;
const PICKS = 100;
/** Milliseconds between two looks, and for how long nothing has to change until a round of pings is over. */
const LOOK = 100;
const ROUND_IS_OVER = 350;
const PATIENCE = 30_000;

const SCRIPT = `
loadmodule "tm.so"
${modulesOf(false)}modparam("dispatcher", "ds_ping_interval", 1)
modparam("dispatcher", "ds_probing_mode", 1)
request_route {
  jsonrpc_exec('{"jsonrpc": "2.0", "method": "dispatcher.list", "id": 1}');
  $var(list) = $jsonrpl(body);
  $var(i) = 0;
  while ($var(i) < ${PICKS}) {
    if (ds_select_dst("${SET}", "11", "1")) append_to_reply("X-Pick: $du\\r\\n");
    else append_to_reply("X-Pick: nobody\\r\\n");
    $var(i) = $var(i) + 1;
  }
  set_reply_body("$var(list)", "application/json");
  sl_send_reply("200", "Chosen");
  exit;
}
`;

/** What `dispatcher.list` says, as far as it is asked here. */
interface Listing {
  readonly result: {
    readonly RECORDS: readonly {
      readonly SET: {
        readonly TARGETS: readonly {
          readonly DEST: { readonly URI: string; readonly LATENCY: { readonly AVG: number; readonly EST: number } };
        }[];
      };
    }[];
  };
}

/** A server that answers each ping with 200 after `delay` milliseconds. */
class Server {
  delay = 5;
  readonly #socket: Socket = createSocket("udp4");

  async open(uri: string): Promise<void> {
    const [, address = "", port = ""] = /^sip:(.*):(\d+)$/.exec(uri) ?? [];
    this.#socket.on("message", (bytes, from) => {
      const lines = bytes.toString("latin1").split("\r\n");
      const kept = lines.filter((line) => /^(?:via|from|to|call-id|cseq):/i.test(line));
      const said = kept.map((line) => (/^to:/i.test(line) ? `${line};tag=s` : line)).join("\r\n");
      const answer = `SIP/2.0 200 OK\r\n${said}\r\nContent-Length: 0\r\n\r\n`;
      setTimeout(() => this.#socket.send(answer, from.port, from.address, () => {}), this.delay);
    });
    this.#socket.bind(Number(port), address);
    await once(this.#socket, "listening");
  }

  async close(): Promise<void> {
    this.#socket.removeAllListeners("message");
    // What is delayed still may be sent.
    await sleep(this.delay + LOOK);
    this.#socket.close();
  }
}

function requestOf(id: number): Buffer {
  const via = `Via: SIP/2.0/UDP 127.0.0.1:${PORT + 1};branch=z9hG4bK0;n=${id};rport`;
  const head = ["OPTIONS sip:a@b SIP/2.0", via, "From: <sip:c@d>;tag=1", "To: <sip:a@b>", `Call-ID: ${id}`];
  return Buffer.from([...head, "CSeq: 1 OPTIONS", "Content-Length: 0\r\n\r\n"].join("\r\n"), "latin1");
}

function counted(picks: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const pick of [...picks].sort()) counts[pick] = (counts[pick] ?? 0) + 1;
  return counts;
}

describe("Kamailio's congestion control", { skip: whyNoKamailio() }, () => {
  const servers: Server[] = [];
  const weights = (SETS.get(SET) ?? []).map(({ weight }) => weight);
  let kamailio: Kamailio;
  let asked = 0;
  before(async () => {
    for (const { uri } of SETS.get(SET) ?? []) {
      const server = new Server();
      await server.open(uri);
      servers.push(server);
    }
    const lines = LIST.split("\n").filter((line) => line.startsWith(`${SET} `));
    kamailio = await Kamailio.start(PORT, PORT + 1, `${lines.join("\n")}\n`, SCRIPT);
    await kamailio.ask([requestOf(0)]);
  });
  after(async () => {
    await kamailio?.stop();
    await Promise.all(servers.map((server) => server.close()));
  });

  /** Looks until a round of pings is over that has `reached` something; the milliseconds that each one is congested by, and the picks. */
  async function look(reached: (congestion: readonly number[]) => boolean) {
    let before = "";
    let since = 0;
    for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(LOOK)) {
      const id = ++asked;
      const answer = await kamailio.askOnce(requestOf(id), `;n=${id};`);
      const { result }: Listing = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")));
      const rows = result.RECORDS[0]?.SET.TARGETS ?? [];
      const latencies = JSON.stringify(rows);
      if (latencies !== before) since = Date.now();
      before = latencies;
      const congestion = weights.map((_, i) => {
        const { LATENCY } = rows.find(({ DEST }) => DEST.URI === SETS.get(SET)?.[i]?.uri)!.DEST;
        return Math.max(0, Math.trunc(LATENCY.EST - LATENCY.AVG));
      });
      if (Date.now() - since >= ROUND_IS_OVER && reached(congestion))
        return { congestion, picks: headerValues(answer, "X-Pick") };
    }
    throw new Error(`not reached: ${before}`);
  }

  function ours(congestion: readonly number[]): string[] {
    const set = new ListedSet(SET, "kamailio:11", false);
    for (let slot = 0; slot < set.size; slot++) {
      const line = (SETS.get(SET) ?? []).findIndex(({ uri }) => uri === set.uri(slot));
      set.live.congestions[slot] = congestion[line]!;
    }
    return Array.from({ length: PICKS }, () => set.uri(set.pick(0)));
  }

  test("11 with cc=1: the same shares while all are quick, while one grows slow, and while all have grown slow", async (t) => {
    const seen: string[] = [];
    const agree = async (what: string, reached: (congestion: readonly number[]) => boolean) => {
      const { congestion, picks } = await look(reached);
      assert.deepEqual(counted(ours(congestion)), counted(picks), `${what}: ${congestion} ms`);
      seen.push(`${what} (${congestion.join(", ")} ms): ${PICKS} of ${PICKS}`);
    };
    await agree("all quick", (congestion) => congestion.every((ms) => ms < 3));
    servers[1]!.delay = 18;
    await agree("one slow", (congestion) => congestion[1]! > 2 && congestion[1]! < weights[1]!);
    for (const [i, server] of servers.entries()) server.delay = 150 + 20 * i;
    const isWhole = (congestion: readonly number[]) => congestion.every((ms, i) => ms > weights[i]!);
    await agree("all slow", isWhole);
    await agree("all slower", (congestion) => isWhole(congestion) && congestion[4]! > 100);
    for (const one of seen) t.diagnostic(one);
  });
});
