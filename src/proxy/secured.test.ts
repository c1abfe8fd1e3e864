// sips goes over TLS or not at all: what it is told when it cannot go.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DestinationColumn, type Snapshot } from "../bridge/snapshot.ts";
import { DestinationState } from "../dispatch/types.ts";
import { Transport } from "../net/transport.ts";
import { CALLER, destinationAt, type Left, Rig, type RigOptions } from "./rig-fake.ts";
import { header, kind, request } from "./rig-message.ts";

/** The second listener is one of TLS, and with `isFar` so is the first destination. */
function secured(isFar: boolean): (snapshot: Snapshot) => Snapshot {
  return (snapshot) => {
    if (isFar) snapshot.destinations[DestinationColumn.transport] = Transport.tls;
    const [near, far] = snapshot.listeners;
    return { ...snapshot, listeners: [near!, { ...far!, transport: "tls" }] };
  };
}

function rigOf(isFar: boolean, options: RigOptions = {}): Rig {
  return new Rig({ destinations: 2, ...options, reshape: secured(isFar) });
}

function calls(rig: Rig, call: string): Left {
  const text = request("INVITE", { call, uri: "sips:bob@example.com" }).replace("SIP/2.0/UDP", "SIP/2.0/TLS");
  return rig.receive(text, CALLER, { word: 0 })[0]!;
}

for (const stateful of [true, false]) {
  test(`whoever could take sips being down is no reason to say that sips is not allowed [${stateful ? "stateful" : "stateless"}]`, () => {
    const rig = rigOf(true, { stateful });
    assert.equal(calls(rig, "taken").to, destinationAt(0));
    rig.context.live.setState(0, DestinationState.inactive);
    const { text } = calls(rig, "refused");
    assert.deepEqual([kind(text), header(text, "Warning")], ["503", ""]);
    assert.match(header(text, "Retry-After"), /^\d+$/);
    assert.deepEqual([rig.counter("rejected_no_destination"), rig.counter("rejected_sips")], [1, 0]);
  });
}

test("nor is it that they are full; that others have room does not count", () => {
  const rig = rigOf(true, { maxCalls: 1 });
  assert.equal(calls(rig, "taken").to, destinationAt(0));
  assert.equal(kind(calls(rig, "refused").text), "503");
  rig.context.live.setState(0, DestinationState.inactive);
  assert.equal(kind(calls(rig, "refused-too").text), "503");
  const counts = ["rejected_full", "rejected_no_destination", "rejected_sips"] as const;
  assert.deepEqual(
    counts.map((name) => rig.counter(name)),
    [1, 1, 0],
  );
});

test("where nobody has TLS sips is not allowed (RFC 5630 5.3)", () => {
  const rig = rigOf(false);
  const { text } = calls(rig, "refused");
  assert.equal(kind(text), "480");
  assert.match(header(text, "Warning"), /^380 /);
  assert.equal(rig.counter("rejected_sips"), 1);
});
