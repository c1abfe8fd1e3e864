// A server of the pool that is a proxy sends a call on through the balancer, to another set.
import assert from "node:assert/strict";
import { headerValues } from "../../src/ua/parsed-message.ts";
import { answering } from "../kit/destination.ts";
import { scenario } from "../kit/scenario.ts";
import { sendingOn, withUri } from "../kit/sending-on.ts";

const routes = [{ from_set: "proxies", set: "gateways" }, { set: "proxies" }];

function sets(proxies: readonly string[], gateways: readonly string[]) {
  const plain = { algorithm: "round-robin", probe: false };
  return {
    proxies: { ...plain, destinations: proxies },
    gateways: { ...plain, destinations: gateways },
  };
}

for (const middle of ["127.0.0.1", "::1"]) {
  scenario(`who does not stay in the way is left out of the call's requests [${middle}]`, async (stage) => {
    const { lb, phone, destination } = stage;
    const { port } = lb.address;
    const back = { address: middle, port };
    const proxy = destination(
      sendingOn(
        () => back,
        withUri(() => "sip:+4912@example.com"),
      ),
      { address: middle },
    );
    const gateway = destination(answering(200));
    await Promise.all([proxy.opened, gateway.opened]);
    const listeners = [`udp://127.0.0.1:${port}`, ...(middle === "::1" ? [`udp://[::1]:${port}`] : [])];
    await lb.runs({ listeners, sets: sets([proxy.uri], [gateway.uri]), routes });
    for (const isByCallee of [false, true]) {
      const call = await phone.invites("sip:bob@example.com");
      assert.equal(call.status, 200);
      // Two passages of one line each, or of two (RFC 5658).
      assert.equal(headerValues(call.responses.at(-1)!, "record-route").length, middle === "::1" ? 4 : 2);
      await gateway.hears("ACK", isByCallee ? 2 : 1);
      const { session } = await gateway.call(isByCallee ? 1 : 0);
      assert.equal(await call.reinvite(), 200);
      assert.equal((await session.request("UPDATE"))?.status, 200);
      assert.equal(isByCallee ? (await session.bye())?.status : await call.bye(), 200);
    }
    assert.deepEqual(
      proxy.heard().map(({ method }) => method),
      ["INVITE", "INVITE"],
    );
  });
}

scenario("who challenged through a proxy of the pool gets the next try, which goes through it again", async (stage) => {
  const { lb, phone, destination } = stage;
  const through = () =>
    sendingOn(
      () => lb.address,
      withUri(() => "sip:+4912@example.com"),
    );
  const proxies = [destination(through()), destination(through()), destination(through())];
  const gateways = ["n1", "n2", "n3"].map((nonce) => destination.challenges(407, nonce));
  await Promise.all([...proxies, ...gateways].map((one) => one.opened));
  await lb.runs({
    sets: sets(
      proxies.map(({ uri }) => uri),
      gateways.map(({ uri }) => uri),
    ),
    routes,
  });
  const credentials = { username: "alice", password: "secret" };
  for (let i = 0; i < 6; i++) {
    const call = await phone.invites("sip:bob@example.com", {}, { credentials });
    assert.equal(call.status, 200);
    assert.equal(await call.bye(), 200);
  }
  for (const gateway of gateways) assert.equal(gateway.heard("INVITE").length, 4);
  for (const proxy of proxies) assert.equal(proxy.heard("INVITE").length, 4);
});
