// With as many listeners as there may be, the check of a stateless answer tells by which one its request came, and to whom it went.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Snapshot } from "../bridge/snapshot.ts";
import { Rig } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

const PHONE = "198.51.100.9:40000";
const POOL = "192.0.2.101:5060";
/** Kind of branch, and the listener in the two digits behind it. */
const LISTENER = /(branch=z9hG4bK.)(\w\w)/;

function manyListeners(snapshot: Snapshot): Snapshot {
  const [first] = snapshot.listeners;
  return { ...snapshot, listeners: Array.from({ length: 200 }, (_, i) => snapshot.listeners[i] ?? first!) };
}

test("an answer that names another listener than its request came by goes nowhere, whoever was asked", () => {
  const rig = new Rig({ stateful: false, reshape: manyListeners });
  const [register] = rig.receive(request("REGISTER", { uri: "sip:example.com", more: "Supported: path\r\n" }), PHONE);
  const more = `Route: ${header(register!.text, "Path")}\r\n`;
  const [asked] = rig.receive(request("MESSAGE", { call: 2, more, caller: POOL }), POOL);
  assert.equal(asked!.to, PHONE);
  const [sent] = rig.receive(request("MESSAGE", { call: 3 }));
  for (const { text, to } of [asked!, sent!]) {
    const answer = response(text, 200);
    assert.equal(LISTENER.exec(answer)?.[2], "00");
    for (let listener = 1; listener < 200; listener++) {
      const forged = answer.replace(LISTENER, `$1${listener.toString(16).padStart(2, "0")}`);
      assert.deepEqual(rig.receive(forged, to), [], `listener ${listener}`);
    }
    assert.deepEqual(
      rig.receive(answer, to).map((one) => kind(one.text)),
      ["200"],
    );
  }
});
