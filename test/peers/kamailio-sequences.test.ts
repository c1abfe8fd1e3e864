// The same choices as the real Kamailio, one after the other, under the algorithms that do not hash: turns in their very order,
// weights by the count of each destination in a round of 100, call load under the same calls; all of it while destinations go
// down, all at once too, and come back, with `use_default` and without.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { algorithmByName } from "../../src/dispatch/algorithms/index.ts";
import { compileSet } from "../../src/dispatch/compile-set.ts";
import { FakeLive } from "../../src/dispatch/live-fake.ts";
import { orderDestinationsAsKamailio } from "../../src/dispatch/order.ts";
import { type Destination, DestinationState, type DispatcherSet, SlotChoice } from "../../src/dispatch/types.ts";
import { headerValues, Kamailio, whyNoKamailio } from "./kamailio.ts";

const PICKS = 100;
/** Kamailio's algorithms that are asked for in sequences. */
const NUMBERS = [4, 8, 9, 10, 11] as const;
/** Those whose very order is the same, and those whose table is shuffled by chance. */
const EXACT = [4, 8];
const SHUFFLED = [9, 11];

interface Line {
  readonly uri: string;
  readonly priority: number;
  /** Kamailio's `weight` and `rweight`; 0: not given. */
  readonly weight: number;
  readonly maxCalls: number;
}

/** Sets by number: `weights` in the order of the lines, of which Kamailio puts the last one first. */
function linesOf(set: number, weights: readonly number[], priorities: readonly number[] = [], maxCalls = 0): Line[] {
  return weights.map((weight, i) => {
    return { uri: `sip:127.0.${set}.1:${6000 + i}`, priority: priorities[i] ?? 0, weight, maxCalls };
  });
}

const EQUAL = (count: number, weight: number): number[] => new Array<number>(count).fill(weight);
const SETS: ReadonlyMap<number, readonly Line[]> = new Map([
  [20, linesOf(20, [30, 20, 10, 25, 15])],
  [21, linesOf(21, [10, 0, 20, 40])],
  [22, linesOf(22, [60, 30, 60, 7])],
  [23, linesOf(23, [10, 20, 0])],
  [24, linesOf(24, EQUAL(60, 50))],
  [25, linesOf(25, EQUAL(103, 1))],
  [26, linesOf(26, [33])],
  [27, linesOf(27, [5, 50, 5, 50, 5], [1, 3, 2, 3, 1])],
  [28, linesOf(28, EQUAL(4, 0))],
  [29, linesOf(29, EQUAL(4, 0), [], 3)],
]);

function attributes({ weight, maxCalls }: Line, duid: string): string {
  const weights = weight > 0 ? `;weight=${weight};rweight=${weight}` : "";
  return `duid=${duid}${weights}${maxCalls > 0 ? `;maxload=${maxCalls}` : ""}`;
}

const LIST = [...SETS]
  .flatMap(([set, lines]) =>
    lines.map((line, i) => `${set} ${line.uri} 0 ${line.priority} ${attributes(line, `${set}-${i}`)}\n`),
  )
  .join("");

function scriptOf(useDefault: boolean): string {
  return `
max_while_loops=1000
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "jsonrpcs.so"
loadmodule "dispatcher.so"
modparam("jsonrpcs", "transport", 0)
modparam("dispatcher", "list_file", "@DIRECTORY@/dispatcher.list")
modparam("dispatcher", "flags", 2)
modparam("dispatcher", "ds_hash_size", 8)
modparam("dispatcher", "use_default", ${useDefault ? 1 : 0})
request_route {
  $var(i) = 0;
  while ($var(i) < $(hdr(X-Commands){s.int})) {
    jsonrpc_exec("$(hdr(X-Command)[$var(i)])");
    append_to_reply("X-Result: $jsonrpl(code)\\r\\n");
    $var(i) = $var(i) + 1;
  }
  if (is_present_hf("X-Ended")) ds_load_update();
  $var(set) = $(hdr(X-Set){s.int});
${NUMBERS.map(
  (number) => `  $var(i) = 0;
  while ($var(i) < $(hdr(X-Picks-${number}){s.int})) {
    if (ds_select_dst("$var(set)", "${number}", "1")) append_to_reply("X-Pick-${number}: $du\\r\\n");
    else append_to_reply("X-Pick-${number}: nobody\\r\\n");
    $var(i) = $var(i) + 1;
  }
`,
).join("")}
  sl_send_reply("200", "Chosen");
  exit;
}
`;
}

/** One set under one of our `kamailio:N`, with a memory of its own as theirs has one per algorithm. */
class Ours {
  readonly live = new FakeLive(1);
  readonly #set: DispatcherSet;
  readonly #uris: readonly string[];

  constructor(set: number, algorithmName: string, useDefault: boolean) {
    const algorithm = algorithmByName(algorithmName);
    assert.ok(algorithm, algorithmName);
    const lines = orderDestinationsAsKamailio(SETS.get(set) ?? []);
    const destinations = lines.map(({ uri, priority, weight, maxCalls }, slot): Destination => {
      return { slot, uri, name: uri, weight, priority, maxCalls };
    });
    this.#set = compileSet(0, String(set), algorithm, SlotChoice.spread, destinations, useDefault);
    this.#uris = lines.map(({ uri }) => uri);
  }

  /** Who is down from now on, by place in the set's order. */
  down(positions: readonly number[]): void {
    this.live.states.fill(DestinationState.active);
    for (const position of positions) this.live.states[position] = DestinationState.inactive;
  }

  pick(key: number): number {
    const out = new Uint16Array(1);
    return this.#set.algorithm.select(this.#set, key, this.live, out) === 0 ? -1 : out[0]!;
  }

  uri(slot: number): string {
    return this.#uris[slot] ?? "nobody";
  }

  get size(): number {
    return this.#uris.length;
  }
}

function counted(picks: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const pick of picks) counts[pick] = (counts[pick] ?? 0) + 1;
  return counts;
}

/** Which positions are down, step by step. */
function story(size: number): number[][] {
  const all = Array.from({ length: size }, (_, i) => i);
  const last = size - 1;
  return [[], [0], [last], [0, 1], [1, last], all, [0], [], all.slice(0, last), all, all.slice(1), []].map((step) =>
    step.filter((position) => position >= 0 && position < size),
  );
}

for (const [useDefault, port] of [
  [false, 22_100],
  [true, 22_102],
] as const) {
  describe(`Kamailio ${useDefault ? "with use_default" : "as it is"}`, { skip: whyNoKamailio() }, () => {
    let kamailio: Kamailio;
    let asked = 0;
    before(async () => {
      kamailio = await Kamailio.start(port, port + 1, LIST, scriptOf(useDefault));
    });
    after(() => kamailio?.stop());

    async function ask(headers: readonly (readonly string[])[], method = "OPTIONS", callId = ""): Promise<string> {
      const id = asked++;
      const wire = [
        `${method} sip:a@b SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${port + 1};rport;branch=z9hG4bK0;n=${id}`,
        "From: <sip:c@d>;tag=1",
        "To: <sip:a@b>",
        `Call-ID: ${callId === "" ? `c${id}` : callId}`,
        `CSeq: 1 ${method}`,
        ...headers.map(([name, value]) => `${name}: ${value}`),
        "Content-Length: 0\r\n\r\n",
      ].join("\r\n");
      return (await kamailio.ask([Buffer.from(wire, "latin1")]))[0] ?? "";
    }

    for (const [set, lines] of SETS) {
      if (lines.some(({ maxCalls }) => maxCalls > 0)) continue;
      test(`set ${set} of ${lines.length}: 4 and 8 in the same order, 9 and 11 in the same shares, whoever is down`, async (t) => {
        const numbers = [...EXACT, ...SHUFFLED];
        const ours = new Map(numbers.map((number) => [number, new Ours(set, `kamailio:${number}`, useDefault)]));
        const picks = Object.fromEntries(numbers.map((number) => [`X-Picks-${number}`, String(PICKS)]));
        const agreed = new Map(numbers.map((number) => [number, 0]));
        const differing: string[] = [];
        let before: readonly number[] = [];
        const steps = story(lines.length);
        for (const down of steps) {
          const changed = [...down, ...before].filter((one) => down.includes(one) !== before.includes(one));
          const commands = changed.map((position) => {
            const uri = ours.get(4)?.uri(position);
            const params = [down.includes(position) ? "i" : "a", set, uri];
            return ["X-Command", JSON.stringify({ jsonrpc: "2.0", method: "dispatcher.set_state", params, id: 1 })];
          });
          before = down;
          const headers = [
            ...commands,
            ["X-Commands", String(commands.length)],
            ["X-Set", String(set)],
            ...Object.entries(picks),
          ];
          const answer = await ask(headers);
          assert.ok(
            headerValues(answer, "X-Result").every((code) => code === "200"),
            answer,
          );
          for (const [number, one] of ours) {
            one.down(down);
            const theirs = headerValues(answer, `X-Pick-${number}`);
            assert.equal(theirs.length, PICKS);
            const own = Array.from({ length: PICKS }, () => one.uri(one.pick(0)));
            const same = EXACT.includes(number) ? sameOrder(own, theirs) : sameShares(own, theirs);
            agreed.set(number, (agreed.get(number) ?? 0) + same);
            if (same < PICKS) differing.push(`${number}, down ${down}: ${digest(theirs)}, ours ${digest(own)}`);
          }
        }
        const total = steps.length * PICKS;
        for (const [number, count] of agreed)
          t.diagnostic(`algorithm ${number}, set ${set}: ${count} of ${total} choices agree`);
        assert.equal(differing.length, 0, differing.join("\n"));
      });
    }
  });
}

function sameOrder(own: readonly string[], theirs: readonly string[]): number {
  return own.filter((uri, i) => uri === theirs[i]).length;
}

function sameShares(own: readonly string[], theirs: readonly string[]): number {
  const left = counted(theirs);
  return own.filter((uri) => {
    const there = left[uri] ?? 0;
    left[uri] = there - 1;
    return there > 0;
  }).length;
}

function digest(picks: readonly string[]): string {
  return `${picks.slice(0, 8)} ${JSON.stringify(counted(picks))}`;
}
