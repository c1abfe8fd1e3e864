import assert from "node:assert/strict";
import { test } from "node:test";
import { configOf } from "../control/testing/config.ts";
import { explain } from "./explain.ts";
import { shortMessage } from "./message-text.ts";
import { type LiveStates, setStage } from "./stage.ts";

test("scores count as configured, and as the running instance was told; who is left out for its score is told so", () => {
  const config = configOf({
    listeners: ["udp://10.9.9.1:5060"],
    sets: {
      rated: {
        algorithm: "opensips:10",
        destinations: [
          { uri: "sip:10.0.0.1", name: "one", score: 5 },
          { uri: "sip:10.0.0.2", name: "two", score: -1 },
          { uri: "sip:10.0.0.3", name: "three" },
        ],
      },
    },
  });
  const source = "192.0.2.7:5060";
  const order = (live: LiveStates | null) => {
    const stage = setStage(config, live, new Map());
    assert.ok("snapshot" in stage, String(stage));
    const message = shortMessage({ method: "INVITE", requestUri: "sip:bob@example.com", source });
    const answer = explain(config, stage, message, { source, isLive: live !== null });
    assert.ok(typeof answer !== "string", String(answer));
    return answer.destinations.map(({ order: at, name, why }) => (at === null ? `${name}: ${why}` : `${at} ${name}`));
  };
  assert.deepEqual(order(null), ["1 three", "2 one", "two: its score is -1"]);
  const now = { state: "active", reason: "", load: 0 } as const;
  const told: LiveStates = new Map([
    ["rated\none", { ...now, score: 0 }],
    ["rated\ntwo", { ...now, score: 7 }],
    ["rated\nthree", { ...now, score: -3 }],
  ]);
  assert.deepEqual(order(told), ["1 one", "2 two", "three: its score is -3"]);
});
