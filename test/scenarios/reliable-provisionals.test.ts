import assert from "node:assert/strict";
import { answering, type Script } from "../kit/destination.ts";
import { scenario } from "../kit/scenario.ts";

const ringsReliably: Script = (transaction, destination) => {
  if (transaction.request.method !== "INVITE") return answering(200)(transaction, destination);
  destination.take(transaction).ring(183, { reliable: true });
};

scenario(
  "a reliable provisional is PRACKed through the balancer, and UPDATE passes before the answer",
  async (stage) => {
    const { lb, phone, destination } = stage;
    const server = destination(ringsReliably);
    await lb.dispatches(1, "round-robin", [server, destination(ringsReliably)]);
    const dialled = phone.dials("sip:bob@example.com", { headers: [{ name: "Supported", value: "100rel" }] });
    const callee = await server.call();
    await server.hears("PRACK");
    const early = [...dialled.sessions.values()][0]!;
    assert.equal((await early.request("UPDATE"))?.status, 200);
    assert.equal((await callee.session.request("UPDATE"))?.status, 200);
    void callee.answer();
    const call = await phone.finished(dialled);
    assert.equal(call.status, 200);
    assert.equal(await call.bye(), 200);
  },
);
