import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";

scenario(
  "a phone behind NAT, known only by its source, is reached by the callee",
  async ({ lb, phone, destination }) => {
    const server = destination.answers(200);
    await lb.dispatches(1, "round-robin", [server]);
    const hidden = await phone.another({ sentBy: "192.168.7.7:5060" });
    const call = await hidden.invites("sip:bob@example.com");
    assert.equal(call.status, 200);
    const callee = await server.call();
    assert.equal((await callee.session.request("INVITE"))?.status, 200);
    assert.equal((await callee.session.request("UPDATE"))?.status, 200);
    assert.equal(await call.reinvite(), 200);
    assert.equal((await callee.session.bye())?.status, 200);
  },
);
