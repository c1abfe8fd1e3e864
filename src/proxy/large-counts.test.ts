// A large request is written for UDP first, and anew for TCP: what it is counted for is counted once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DestinationColumn, type Snapshot } from "../bridge/snapshot.ts";
import { Rig } from "./rig-fake.ts";
import { request } from "./rig-message.ts";

/** The destination has the TCP listener as well (RFC 3261 18.1.1). */
function besideTcp(snapshot: Snapshot): Snapshot {
  snapshot.destinations[DestinationColumn.large] = 2;
  return snapshot;
}

test("what is left out of a large request, put in, or repaired counts once, whether it leaves by UDP or TCP", () => {
  for (const bytes of [10, 1400]) {
    const rig = new Rig({ repairsContact: true, reshape: besideTcp });
    const more = `Supported: path\r\nP-Asserted-Identity: <sip:admin@lb.test>\r\nX-Long: ${"x".repeat(bytes)}\r\n`;
    const [sent] = rig.receive(request("REGISTER", { uri: "sip:example.com", more }), "198.51.100.9:40000");
    assert.equal(sent!.listener, bytes > 1300 ? 1 : 0);
    const counts = ["protected_headers_removed", "contacts_repaired", "paths_added", "forwarded_requests"] as const;
    assert.deepEqual(
      counts.map((name) => rig.counter(name)),
      [1, 1, 1, 1],
    );
  }
});
