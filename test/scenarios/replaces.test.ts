import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

scenario("an INVITE with Replaces goes to the server that has the call it names", async (stage) => {
  const { lb, phone, destination } = stage;
  const servers = [destination.answers(200), destination.answers(200), destination.answers(200)];
  await lb.dispatches(1, "round-robin", servers);
  const other = await phone.another();
  for (let i = 0; i < 6; i++) {
    const { session } = await phone.invites("sip:bob@example.com");
    const { callId, localTag, remoteTag } = session.dialog;
    const server = servers.find((one) => one.calls.some((call) => call.session.dialog.callId === callId))!;
    const before = server.calls.length;
    const header = i % 2 === 0 ? "Replaces" : "Join";
    const value = `${callId};to-tag=${remoteTag};from-tag=${localTag}`;
    const call = await other.invites("sip:bob@example.com", { headers: [{ name: header, value }] });
    assert.equal(call.status, 200);
    assert.equal(server.calls.length, before + 1);
  }
});

scenario("an INVITE with Replaces can be cancelled, whichever worker knows the call it names", async (stage) => {
  const { lb, phone, destination } = stage;
  const server = destination.rings();
  await lb.dispatches(1, "round-robin", [server]);
  for (let i = 1; i <= 6; i++) {
    const replaces = { name: "Replaces", value: `no-such-call-${i}@example.com;to-tag=1;from-tag=2` };
    const dialled = phone.dials("sip:bob@example.com", { headers: [replaces] });
    await until("180", () => dialled.statuses.includes(180));
    dialled.cancel();
    assert.equal((await phone.finished(dialled)).status, 487);
    await server.hears("CANCEL", i);
  }
});
