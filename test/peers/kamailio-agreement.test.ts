// Whole failover lists of the real Kamailio against ours, under every algorithm that it has, while one, two and all destinations
// of a set are down and come back, without `use_default` and with it; and the page that says how many agree.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { COMPAT } from "../../src/dispatch/compat/index.ts";
import { coreHash } from "../../src/dispatch/core-hash.ts";
import { FakeLive } from "../../src/dispatch/live-fake.ts";
import { KeySource } from "../../src/dispatch/types.ts";
import { computeKey } from "../../src/proxy/key.ts";
import { Message } from "../../src/sip/message.ts";
import { type Agreement, agreementPage, LATER, type Tally } from "./agreement-page.ts";
import { FailoverOracle, HASHES } from "./agreement-script.ts";
import { KAMAILIO, whyNoKamailio } from "./kamailio.ts";
import { ListedSet } from "./listed-set.ts";
import { story } from "./sequence-sets.ts";

const PORT = 22_120;
const PAGE = new URL("../../docs/reference/kamailio-agreement.md", import.meta.url);
/** What the page is about. */
const VERSION = "5.6.3";
const PLAIN_SETS = [20, 21, 23, 26, 27, 30, 31];
const LOAD_SETS = [28, 29];
const LATENCY_SETS = [40, 41, 42, 43, 44];
/** Requests with keys of their own at each step, and calls, of which none ends. */
const KEYS = 8;
const CALLS = 3;
/** Choices in a row at each step: more than there are destinations, or rounds of the tables. */
const TURNS = 7;
const ROUND = 100;
/** Where theirs is at odds with itself under `use_default`, as the page says. */
const AT_ODDS = [10, 13];
/** Of how many standard deviations chance may make fun. */
const SIGMAS = 6;
/** What the hashes go by, but for 7, which goes by a text. */
const KEY_SOURCES = new Map<number, KeySource>([
  [0, KeySource.callId],
  [1, KeySource.from],
  [2, KeySource.to],
  [3, KeySource.requestUri],
  [5, KeySource.authUser],
]);

const BY_KEY = "by key";
const IN_TURN = "one after the other";
const SHUFFLED = "in 100 turns, in any order";
const installed = versionOf();
const agreements = Object.entries({
  0: BY_KEY,
  1: BY_KEY,
  2: BY_KEY,
  3: BY_KEY,
  4: IN_TURN,
  5: "by key; without credentials one after the other",
  6: "each one of those that there can be, and each destination first as often as is likely",
  7: BY_KEY,
  8: IN_TURN,
  9: SHUFFLED,
  10: "call after call, all of INVITE",
  11: SHUFFLED,
  12: "all branches of a call, without those of theirs that are down",
  13: IN_TURN,
}).map(([number, compared]): Agreement => {
  const sets = { 10: LOAD_SETS, 13: LATENCY_SETS }[number] ?? PLAIN_SETS;
  const tally = () => ({ asked: 0, agreed: 0, butDefault: 0 });
  return { number: Number(number), compared, sets, plain: tally(), withDefault: tally() };
});

for (const useDefault of [false, true]) {
  describe(`failover lists ${useDefault ? "with use_default" : "as they are"}`, { skip: whyNoKamailio() }, () => {
    /** What 4 and 5 share is the cursor of a set. */
    const cursors = new Map(PLAIN_SETS.map((set) => [set, new FakeLive(1)]));
    let oracle: FailoverOracle;
    before(async () => {
      oracle = await FailoverOracle.start(useDefault ? PORT + 2 : PORT, useDefault);
    });
    after(() => oracle?.stop());

    function tallyOf(number: number): Tally {
      const { plain, withDefault } = agreements.find((one) => one.number === number)!;
      return useDefault ? withDefault : plain;
    }

    function listed(set: number, number: number): ListedSet {
      const live = number === 4 || number === 5 ? cursors.get(set) : undefined;
      return new ListedSet(set, `kamailio:${number}`, useDefault, live);
    }

    /** The default destination, if it is down; else nothing. */
    function absentOf(set: ListedSet, down: readonly number[]): string {
      const last = set.size - 1;
      return useDefault && last > 0 && down.includes(last) ? set.uri(last) : "";
    }

    /** Goes through the steps, in theirs and in ours. */
    async function walk(set: number, ours: readonly ListedSet[], ask: (down: readonly number[]) => Promise<void>) {
      const [first] = ours;
      assert.ok(first);
      const all = Array.from({ length: first.size }, (_, position) => position);
      for (const down of story(first.size)) {
        await oracle.setStates(
          set,
          all.map((position) => [first.uri(position), down.includes(position) ? "i" : "a"]),
        );
        for (const one of ours) one.down(down);
        await ask(down);
      }
    }

    async function inTurn(number: number, set: number, turns: number): Promise<void> {
      const ours = listed(set, number);
      await walk(set, [ours], async (down) => {
        // Where the cursor of 13 stands after a time when nobody could be chosen is not told by the reference.
        if (number === 13 && down.length === ours.size) return;
        const theirs = await oracle.lists(set, number, turns);
        const absent = absentOf(ours, down);
        const own = theirs.map(() => ours.failoverList(0));
        if (turns === ROUND) count(tallyOf(number), own.sort(), theirs.sort(), absent);
        else count(tallyOf(number), own, theirs, absent);
      });
    }

    async function byCalls(set: number): Promise<void> {
      const ours = listed(set, 10);
      await walk(set, [ours], async (down) => {
        for (let call = 0; call < CALLS; call++) {
          const slot = ours.pick(1);
          count(tallyOf(10), [ours.failoverList(1)], await oracle.lists(set, 10, 1, "INVITE"), absentOf(ours, down));
          if (slot >= 0) ours.live.loads[slot]!++;
        }
      });
    }

    async function byBranches(set: number): Promise<void> {
      const ours = listed(set, 12);
      await walk(set, [ours], async (down) => {
        const away = new Set(down.map((position) => ours.uri(position)));
        const theirs = (await oracle.branches(set)).split(" ").filter((uri) => !away.has(uri));
        count(tallyOf(12), [ours.failoverList(0)], [theirs.join(" ") || "nobody"], "");
      });
    }

    async function byKey(set: number): Promise<void> {
      const ours = HASHES.map((number) => listed(set, number));
      const message = new Message();
      await walk(set, ours, async (down) => {
        for (let i = 0; i < KEYS; i++) {
          const name = `${set}-${down.join("")}-${i}`;
          const text = `x${name}`;
          const { lists, wire } = await oracle.hashed(set, {
            callId: `${name}@example.com`,
            from: `sip:a${name}@example.com`,
            to: `sip:b@c${name}.example.com:50${i}0`,
            requestUri: `sip:${i}${name}@example.org`,
            user: `u${name}`,
            text,
          });
          assert.equal(message.reset(wire, 0, wire.length), 0);
          for (const [at, number] of HASHES.entries()) {
            const source = KEY_SOURCES.get(number);
            const ofText = () => coreHash(Buffer.from(text), 0, text.length, 0, 0);
            const key = source === undefined ? ofText() : computeKey(message, source);
            count(tallyOf(number), [ours[at]!.failoverList(key)], [lists[at]!], absentOf(ours[at]!, down));
          }
        }
        const theirs = await oracle.lists(set, 5, TURNS);
        const own = ours[HASHES.indexOf(5)]!;
        count(
          tallyOf(5),
          theirs.map(() => own.failoverList(0)),
          theirs,
          absentOf(own, down),
        );
      });
    }

    async function byChance(set: number): Promise<void> {
      const ours = listed(set, 6);
      const drawn = listed(set, 6);
      await walk(set, [ours, drawn], async (down) => {
        const theirs = await oracle.lists(set, 6, ROUND);
        const working = useDefault && ours.size > 1 ? ours.size - 1 : ours.size;
        const likely = Array.from({ length: working }, (_, start) => {
          drawn.live.random = () => start;
          return drawn.failoverList(0);
        });
        const absent = absentOf(ours, down);
        const possible = theirs.map((list) => likely.find((one) => list === one || list === `${one} ${absent}`));
        count(
          tallyOf(6),
          possible.map((list) => list ?? "impossible"),
          theirs,
          absent,
        );
        const own = theirs.map(() => ours.failoverList(0));
        for (const [who, lists] of [
          ["theirs", possible],
          ["ours", own],
        ] as const)
          assertLikely(lists, likely, `${who}, set ${set}`);
      });
    }

    for (const { number, sets } of agreements.filter((one) => one.number === 5 || !isHash(one.number))) {
      const isAtOdds = useDefault && AT_ODDS.includes(number);
      const asked = number === 5 ? HASHES : [number];
      test(`algorithms ${asked}: ${isAtOdds ? "as the page says" : "always the same"}`, async (t) => {
        for (const set of sets) {
          if (number === 5) await byKey(set);
          else if (number === 6) await byChance(set);
          else if (number === 10) await byCalls(set);
          else if (number === 12) await byBranches(set);
          else await inTurn(number, set, number === 9 || number === 11 ? ROUND : TURNS);
        }
        for (const one of asked) {
          const { asked: total, agreed, butDefault } = tallyOf(one);
          t.diagnostic(
            `algorithm ${one}${useDefault ? ", use_default" : ""}: ${agreed} of ${total} failover lists agree, ${butDefault} more but for the default destination`,
          );
          assert.ok(total > 0);
          if (!isAtOdds) assert.equal(agreed + butDefault, total, `algorithm ${one}`);
        }
      });
    }

    if (useDefault) return;
    test(`${LATER.join(", ")}: what ${VERSION} does not have is the first destination, whoever else there is`, async (t) => {
      if (installed !== VERSION) return t.skip(`Kamailio ${installed} is installed, and not ${VERSION}`);
      // Set 43 has equal priorities above 0, among which 14 takes turns.
      const first = (await oracle.lists(43, 8, 1))[0];
      for (const number of LATER) assert.deepEqual(new Set(await oracle.lists(43, number, TURNS)), new Set([first]));
    });
  });
}

test("every algorithm of Kamailio's is compared, or the page says why not", () => {
  const ours = COMPAT.filter(({ name }) => name.startsWith("kamailio:"));
  const numbers = ours.map(({ name }) => Number(name.slice("kamailio:".length))).sort((a, b) => a - b);
  const told = [...agreements.map(({ number }) => number), ...LATER].sort((a, b) => a - b);
  assert.deepEqual(told, numbers);
});

test("the page of agreements says what was seen", { skip: whyNoKamailio() }, (t) => {
  if (installed !== VERSION) return t.skip(`Kamailio ${installed} is installed, and the page is about ${VERSION}`);
  const isWhole = agreements.every(({ plain, withDefault }) => plain.asked > 0 && withDefault.asked > 0);
  if (!isWhole) return t.skip("only some of the tests above ran");
  const page = agreementPage(agreements, VERSION);
  if (process.env.FAIRLEAD_WRITE === "1") writeFileSync(PAGE, page);
  assert.equal(readFileSync(PAGE, "utf8"), page, "FAIRLEAD_WRITE=1 npm test -- test/peers/kamailio-agreement");
});

function isHash(number: number): boolean {
  return HASHES.some((one) => one === number);
}

function versionOf(): string {
  if (whyNoKamailio() !== false) return "none";
  return /kamailio (\d+\.\d+\.\d+)/.exec(execFileSync(KAMAILIO, ["-v"], { encoding: "latin1" }))?.[1] ?? "unknown";
}

/** Counts what is the same, and what would be but for `absent`: the default destination, when it is down. */
function count(tally: Tally, ours: readonly string[], theirs: readonly string[], absent: string): void {
  assert.equal(theirs.length, ours.length);
  for (const [i, list] of ours.entries()) {
    assert.notEqual(theirs[i], "");
    tally.asked++;
    if (list === theirs[i]) tally.agreed++;
    else if (absent !== "" && `${list} ${absent}` === theirs[i]) tally.butDefault++;
  }
}

/** Each of the `likely` lists, equal ones together, is there about as often as its share, and at least once. */
function assertLikely(lists: readonly (string | undefined)[], likely: readonly string[], who: string): void {
  for (const list of new Set(likely)) {
    const share = likely.filter((one) => one === list).length / likely.length;
    const seen = lists.filter((one) => one === list).length;
    const margin = SIGMAS * Math.sqrt(lists.length * share * (1 - share));
    assert.ok(seen > 0 && Math.abs(seen - lists.length * share) <= margin, `${who}: ${seen} times ${list}`);
  }
}
