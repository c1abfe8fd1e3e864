import assert from "node:assert/strict";
import { addressUri } from "../../src/ua/parsed-message.ts";
import { scenario } from "../kit/scenario.ts";

scenario("a strict router's request, with our Record-Route as request URI, still finds the callee", async (stage) => {
  const { lb, phone, destination } = stage;
  const server = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server]);
  const { session } = await phone.invites("sip:bob@example.com");
  const { callId, local, remote, routes, remoteTarget } = session.dialog;
  // RFC 3261 16.4: what a strict router sends when its route set is our Record-Route alone.
  const uri = addressUri(routes[0]!);
  const extra = { callId, from: local, to: remote, cseq: 20, routes: [`<${remoteTarget}>`] };
  assert.equal(await phone.requests("INFO", uri, extra), 200);
  assert.equal(server.requests("INFO")[0]?.uri, remoteTarget);
});
