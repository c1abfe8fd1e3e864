import assert from "node:assert/strict";
import { it } from "node:test";
import { fakeIo } from "./io-fake.ts";
import { loadYaml } from "./load.ts";

const GOOD = `listeners:
  - udp://127.0.0.1:5060
  - {uri: "udp://[::1]:5060", name: six, advertise: sip.example.com}
sets:
  media:
    algorithm: weighted
    destinations:
      - sip:10.0.0.11:5060
      - {uri: "sip:10.0.0.12:5060", name: media2, weight: 2, max_calls: 400, listener: six}
    probe: {method: OPTIONS, every: 10s, timeout: 2s, down_after: 3, up_after: 2, mode: all, accept: [2xx, 404]}
    failover: {on: [timeout, transport_error, 500, 503], tries: 3, answer_within: 2s}
  7: {destinations: ["sip:10.0.0.13"], probe: false}
routes:
  - {from_set: any, forward: true}
  - {method: [REGISTER, PUBLISH], source: 10.0.0.0/8, set: 7, key: to}
  - {to: "*@example.com", set: media}
keys: ["0123456789abcdef0123456789abcdef"]
timers: {linger: 5s}
`;
const ALPHABET = "abz019_-:.,{}[]\"'#&*!|>% \n\t\\/@~\u0000\u00e9";

/** A small generator, so that a failure can be repeated. */
function* numbers(seed: number): Generator<number> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    yield state >>> 8;
  }
}

it("a single wrong character changes what it visibly says, or is an error at a place, and never a crash", () => {
  const good = loadYaml(GOOD, "f.yaml", fakeIo());
  assert.ok(good.config);
  const tally = { same: 0, different: 0, refused: 0 };
  const random = numbers(7);
  const next = (below: number) => (random.next().value as number) % below;
  for (let i = 0; i < 200; i++) {
    const at = next(GOOD.length);
    const kind = next(3);
    const inserted = kind === 0 ? "" : (ALPHABET[next(ALPHABET.length)] ?? "");
    const text = GOOD.slice(0, at) + inserted + GOOD.slice(kind === 2 ? at : at + 1);
    const { config, problems } = loadYaml(text, "f.yaml", fakeIo());
    if (config === undefined) {
      tally.refused++;
      assert.ok(
        problems.some((one) => one.severity === "error" && one.line >= 1 && one.column >= 1),
        text,
      );
      continue;
    }
    const isSame = JSON.stringify(config) === JSON.stringify(good.config);
    tally[isSame ? "same" : "different"]++;
    // A structure that got lost without a word would show here: parts are never silently missing.
    assert.equal(config.listeners.length, 2, text);
    assert.equal(config.sets.length, 2, text);
    assert.equal(config.routes.length, 3, text);
    assert.ok(
      config.sets.every((set) => set.destinations.length > 0),
      text,
    );
    assert.equal(config.routes[1]?.action.kind, "dispatch", text);
  }
  assert.ok(tally.refused > tally.different, JSON.stringify(tally));
});
