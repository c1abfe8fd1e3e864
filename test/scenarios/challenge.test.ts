import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";

for (const status of [401, 407] as const) {
  scenario(`after a ${status} the caller's second try goes to the destination that challenged`, async (stage) => {
    const { lb, phone, destination } = stage;
    const servers = ["n1", "n2", "n3"].map((nonce) => destination.challenges(status, nonce));
    await lb.dispatches(1, "round-robin", servers);
    const credentials = { username: "alice", password: "secret" };
    for (let i = 0; i < 6; i++) {
      const call = await phone.invites("sip:bob@example.com", {}, { credentials });
      assert.equal(call.status, 200);
      assert.equal(await call.bye(), 200);
    }
    for (const server of servers) assert.equal(server.heard("INVITE").length, 4);
  });
}
