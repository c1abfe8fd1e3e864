// The same destination as the real Kamailio under its algorithms 5 (the user of the credentials) and 7 (`hash_pvar`), also when
// destinations are down; and what is hashed is the same text.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { compileExpression } from "../../src/control/compile-keys.ts";
import { algorithmByName } from "../../src/dispatch/algorithms/index.ts";
import { compileSet } from "../../src/dispatch/compile-set.ts";
import { FakeLive } from "../../src/dispatch/live-fake.ts";
import { orderDestinationsAsKamailio } from "../../src/dispatch/order.ts";
import {
  type Destination,
  DestinationState,
  type DispatcherSet,
  KeySource,
  SlotChoice,
} from "../../src/dispatch/types.ts";
import { parseEndpoint } from "../../src/net/endpoint.ts";
import { computeKey } from "../../src/proxy/key.ts";
import { expressionText, hashExpression } from "../../src/proxy/key-text.ts";
import { loneLoop } from "../../src/proxy/lone-loop.ts";
import { SilentPlane } from "../../src/proxy/silent-plane.ts";
import { syntheticSnapshot } from "../../src/proxy/synthetic-snapshot.ts";
import { headerValues, Kamailio, whyNoKamailio } from "./kamailio.ts";
import { oddRequests, wireOf } from "./odd-requests.ts";

const PORT = 22_110;
const LOCAL_PORT = 22_111;
const REQUESTS = 600;
const SEED = 20_261_121;
const HASHED = "$fU/$hdr(X-Account) $rU@$rd;$ci;$si:$sp $tu $hdr(Subject) $rP $rz";
const USERS = ["alice", "bob@example.com", "x y", "+4930123", "", "é", "a\\\\b"];
/** Which lines of each set are inactive. */
const SETS: ReadonlyMap<number, readonly number[]> = new Map([
  [2, []],
  [5, []],
  [7, [0, 2, 3]],
]);

const lines = [...SETS].flatMap(([set, down]) =>
  Array.from({ length: set }, (_, i) => ({
    set,
    uri: `sip:127.0.0.1:${22_200 + set * 10 + i}`,
    isDown: down.includes(i),
  })),
);
const LIST = lines.map(({ set, uri, isDown }) => `${set} ${uri} ${isDown ? 1 : 0}\n`).join("");
const SCRIPT = `
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "dispatcher.so"
modparam("dispatcher", "list_file", "@DIRECTORY@/dispatcher.list")
modparam("dispatcher", "flags", 2)
modparam("dispatcher", "hash_pvar", "${HASHED}")
request_route {
  append_to_reply("X-Text: ${HASHED}\\r\\n");
${[...SETS.keys()]
  .flatMap((set) =>
    [5, 7].map(
      (number) => `  if (ds_select_dst("${set}", "${number}", "1")) append_to_reply("X-${set}-${number}: $du\\r\\n");`,
    ),
  )
  .join("\n")}
  sl_send_reply("200", "Chosen");
  exit;
}
`;

function setOf(set: number, number: number): { set: DispatcherSet; uris: readonly string[]; live: FakeLive } {
  const algorithm = algorithmByName(`kamailio:${number}`);
  assert.ok(algorithm);
  const ordered = orderDestinationsAsKamailio(
    lines.filter((line) => line.set === set).map((line) => ({ ...line, priority: 0 })),
  );
  const destinations = ordered.map(
    ({ uri }, slot): Destination => ({ slot, uri, name: uri, weight: 1, priority: 0, maxCalls: 0 }),
  );
  const live = new FakeLive();
  for (const [slot, { isDown }] of ordered.entries()) if (isDown) live.states[slot] = DestinationState.inactive;
  const compiled = compileSet(0, String(set), algorithm, SlotChoice.spread, destinations);
  return { set: compiled, uris: ordered.map(({ uri }) => uri), live };
}

describe("Kamailio's keys", { skip: whyNoKamailio() }, () => {
  const expression = compileExpression(HASHED);
  const { context } = loneLoop(new SilentPlane(), {
    snapshot: syntheticSnapshot(false),
    limits: { transactions: 1024, dialogs: 1024, messageBytes: 1 << 20 },
    now: () => 0,
  });
  let kamailio: Kamailio;
  let wires: readonly Buffer[] = [];
  let answers: readonly string[] = [];

  before(async () => {
    kamailio = await Kamailio.start(PORT, LOCAL_PORT, LIST, SCRIPT);
    wires = oddRequests(REQUESTS, SEED).map((request, i) => {
      const name = i % 3 === 0 ? "Proxy-Authorization" : "Authorization";
      const user = USERS[i % USERS.length] ?? "";
      const both =
        i % 6 === 0
          ? 'Authorization: Digest username="other", realm="x", nonce="y", uri="sip:a", response="z"\r\n'
          : "";
      const credentials =
        i % 5 === 0
          ? ""
          : `${name}: Digest realm="a,b\\"c", ${i % 2 === 0 ? "" : "\r\n "}username="${user}",nonce="n", uri="sip:x", response="0123456789abcdef0123456789abcdef"\r\n${both}`;
      const account = i % 7 === 0 ? "" : `x-account :  a-${i % 17}\r\n`;
      const wire = wireOf(request, i, LOCAL_PORT, `${credentials}${account}Subject: s${i % 3}\r\n`).toString("latin1");
      // Their variables have the blanks behind a value, which no phone sends and ours have not.
      return Buffer.from(wire.replace(/[ \t]+\r\n/g, "\r\n"), "latin1");
    });
    answers = await kamailio.ask(wires);
  });
  after(() => kamailio?.stop());

  function receive(wire: Buffer): void {
    context.message.reset(wire, 0, wire.length);
    parseEndpoint("127.0.0.1", LOCAL_PORT, context.peer, 0);
  }

  test(`the text of a key with pseudo-variables is Kamailio's, in ${REQUESTS} of ${REQUESTS} requests`, () => {
    const differing: string[] = [];
    for (const [i, wire] of wires.entries()) {
      receive(wire);
      const theirs = Buffer.from(headerValues(answers[i] ?? "", "X-Text")[0] ?? "", "latin1").toString("utf8");
      const ours = expressionText(context, expression);
      if (ours !== theirs) differing.push(`ours   ${ours}\ntheirs ${theirs}`);
    }
    assert.equal(differing.length, 0, `${differing.length} differ\n${differing.slice(0, 12).join("\n")}`);
  });

  for (const [set, down] of SETS) {
    for (const number of [5, 7]) {
      test(`algorithm ${number}, ${set} destinations, ${down.length} of them down: the same one every time`, (t) => {
        const ours = setOf(set, number);
        const out = new Uint16Array(1);
        const differing: string[] = [];
        let turns = 0;
        for (const [i, wire] of wires.entries()) {
          receive(wire);
          const key =
            number === 7 ? hashExpression(context, expression) : computeKey(context.message, KeySource.authUser);
          const theirs = headerValues(answers[i] ?? "", `X-${set}-${number}`)[0];
          // Turns go on from request to request, which a repeated question would upset: who is chosen by them is tested elsewhere.
          if (key === 0) {
            turns++;
            continue;
          }
          const count = ours.set.algorithm.select(ours.set, key, ours.live, out);
          if (count !== 1 || ours.uris[out[0]!] !== theirs)
            differing.push(`theirs ${theirs}: ${wire.toString("latin1")}`);
        }
        t.diagnostic(`algorithm ${number}: ${REQUESTS - turns - differing.length} of ${REQUESTS - turns} agree`);
        assert.equal(differing.length, 0, `${differing.length} differ\n${differing.slice(0, 5).join("\n")}`);
        assert.ok(number === 7 ? turns === 0 : turns > 0 && turns < REQUESTS / 2, String(turns));
      });
    }
  }
});
