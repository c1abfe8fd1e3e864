// The same destination as the real Kamailio: every hash algorithm, several sizes of set, and the order of the failover list.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { algorithmByKamailioNumber } from "../../src/dispatch/algorithms/index.ts";
import { compileSet } from "../../src/dispatch/compile-set.ts";
import { FakeLive } from "../../src/dispatch/live-fake.ts";
import { orderDestinationsAsKamailio } from "../../src/dispatch/order.ts";
import { type Destination, DestinationState, type DispatcherSet, SlotChoice } from "../../src/dispatch/types.ts";
import { computeKey } from "../../src/proxy/key.ts";
import { Message } from "../../src/sip/message.ts";
import { headerValues, Kamailio, whyNoKamailio } from "./kamailio.ts";
import { oddRequests, wireOf } from "./odd-requests.ts";

const PORT = 22_000;
const LOCAL_PORT = 22_001;
const REQUESTS = 1_000;
const SEED = 20_260_101;
const SIZES = [2, 3, 5, 7];
const HASHES = [0, 1, 2, 3];
/** Priorities of set 9, in the order of its lines. */
const PRIORITIES = [0, 5, 0, 5, 7, 0];

/** Set 8: seven destinations, of which these lines are inactive from the start. */
const INACTIVE = [0, 2, 3];

interface Line {
  readonly set: number;
  readonly uri: string;
  readonly priority: number;
  readonly isInactive: boolean;
}

function linesOf(set: number, priorities: readonly number[], inactive: readonly number[] = []): Line[] {
  return priorities.map((priority, i) => {
    return { set, uri: `sip:127.0.0.1:${22_000 + set * 10 + i}`, priority, isInactive: inactive.includes(i) };
  });
}

const LINES: readonly Line[] = [
  ...SIZES.flatMap((size) => linesOf(size, new Array<number>(size).fill(0))),
  ...linesOf(8, new Array<number>(7).fill(0), INACTIVE),
  ...linesOf(9, PRIORITIES),
];
const LIST = LINES.map((line) => `${line.set} ${line.uri} ${line.isInactive ? 1 : 0} ${line.priority}\n`).join("");

const SCRIPT = `
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "dispatcher.so"
modparam("dispatcher", "list_file", "@DIRECTORY@/dispatcher.list")
modparam("dispatcher", "flags", 2)
request_route {
  if (is_present_hf("X-Set")) {
    if (ds_select_dst("$(hdr(X-Set){s.int})", "$(hdr(X-Algorithm){s.int})")) {
      append_to_reply("X-Candidate: $du\\r\\n");
      while (ds_next_dst()) append_to_reply("X-Candidate: $du\\r\\n");
    }
  } else {
${SIZES.flatMap((size) =>
  HASHES.map((hash) => `    if (ds_select_dst("${size}", "${hash}")) append_to_reply("X-${size}-${hash}: $du\\r\\n");`),
).join("\n")}
  }
  sl_send_reply("200", "Chosen");
  exit;
}
`;

function setOf(set: number, kamailio: number): { set: DispatcherSet; uris: readonly string[]; live: FakeLive } {
  const algorithm = algorithmByKamailioNumber(kamailio);
  assert.ok(algorithm);
  const lines = orderDestinationsAsKamailio(LINES.filter((line) => line.set === set));
  const destinations: Destination[] = lines.map(({ uri, priority }, slot) => {
    return { slot, uri, name: uri, weight: 1, priority, maxCalls: 0 };
  });
  const live = new FakeLive();
  lines.forEach((line, slot) => {
    if (line.isInactive) live.states[slot] = DestinationState.inactive;
  });
  return {
    live,
    set: compileSet(0, String(set), algorithm, SlotChoice.kamailio, destinations),
    uris: lines.map((line) => line.uri),
  };
}

/** Our candidates for this message, as URIs. */
function candidates(wire: Buffer, set: number, kamailio: number): string[] {
  const compiled = setOf(set, kamailio);
  const message = new Message();
  assert.equal(message.reset(wire, 0, wire.length), 0, wire.toString("latin1"));
  const out = new Uint16Array(compiled.uris.length);
  const key = computeKey(message, compiled.set.algorithm.key);
  const count = compiled.set.algorithm.select(compiled.set, key, compiled.live, out);
  return [...out.subarray(0, count)].map((slot) => compiled.uris[slot]!);
}

describe("Kamailio as oracle", { skip: whyNoKamailio() }, () => {
  let kamailio: Kamailio;
  let wires: readonly Buffer[] = [];
  let answers: readonly string[] = [];

  before(async () => {
    kamailio = await Kamailio.start(PORT, LOCAL_PORT, LIST, SCRIPT);
    wires = oddRequests(REQUESTS, SEED).map((request, i) => wireOf(request, i, LOCAL_PORT, ""));
    answers = await kamailio.ask(wires);
  });
  after(() => kamailio?.stop());

  for (const hash of HASHES) {
    for (const size of SIZES) {
      test(`algorithm ${hash}, ${size} destinations: the same one for ${REQUESTS} of ${REQUESTS} requests`, (t) => {
        const differing: string[] = [];
        answers.forEach((answer, i) => {
          const theirs = headerValues(answer, `X-${size}-${hash}`)[0];
          const ours = candidates(wires[i]!, size, hash)[0];
          if (ours !== theirs) differing.push(`ours ${ours}, Kamailio's ${theirs}:\n${wires[i]!.toString("latin1")}`);
        });
        t.diagnostic(`${REQUESTS - differing.length} of ${REQUESTS} agree`);
        assert.equal(differing.length, 0, `${differing.length} differ\n${differing.slice(0, 5).join("\n")}`);
      });
    }
  }

  test("the order of a set by priority, failover lists, and what happens when destinations are inactive", async () => {
    const cases = [
      [9, 8],
      [8, 8],
      ...Array.from({ length: 240 }, (_, i) => [[2, 3, 5, 7, 8, 9][i % 6]!, (i >> 3) % 4]),
    ];
    const requests = oddRequests(cases.length, SEED + 1).map((request, i) => {
      return wireOf(request, i, LOCAL_PORT, `X-Set: ${cases[i]![0]}\r\nX-Algorithm: ${cases[i]![1]}\r\n`);
    });
    const lists = await kamailio.ask(requests);
    lists.forEach((answer, i) => {
      const theirs = headerValues(answer, "X-Candidate");
      assert.ok(theirs.length > 0);
      assert.deepEqual(candidates(requests[i]!, cases[i]![0]!, cases[i]![1]!), theirs);
    });
  });
});
