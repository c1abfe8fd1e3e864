import assert from "node:assert/strict";
import { headerValues } from "../../src/ua/parsed-message.ts";
import { scenario } from "../kit/scenario.ts";

for (const status of [302, 404, 486, 603]) {
  scenario(`a ${status} reaches the caller and is acknowledged hop by hop`, async ({ lb, phone, destination }) => {
    const server = destination.answers(status);
    const spare = destination.answers(200);
    await lb.dispatches(1, "priority", [server, spare]);
    const call = await phone.invites("sip:bob@example.com");
    assert.equal(call.status, status);
    const ack = await server.hears("ACK");
    const invite = server.requests("INVITE")[0]!;
    assert.deepEqual(headerValues(ack, "via"), headerValues(invite, "via").slice(0, 1));
    assert.equal(ack.uri, invite.uri);
    assert.equal(server.heard("ACK").length, 1);
    assert.equal(spare.requests().length, 0);
  });
}
