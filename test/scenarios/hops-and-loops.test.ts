import assert from "node:assert/strict";
import { headerOf } from "../../src/ua/parsed-message.ts";
import { scenario } from "../kit/scenario.ts";
import { sendingOn, withUri } from "../kit/sending-on.ts";

scenario("a request with no hops left gets 483, one with hops loses one", async ({ lb, phone, destination }) => {
  const server = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server]);
  assert.equal(await phone.requests("MESSAGE", "sip:bob@example.com", { maxForwards: 0 }), 483);
  assert.equal((await phone.invites("sip:bob@example.com", { maxForwards: 0 })).status, 483);
  assert.equal(server.requests().length, 0);
  assert.equal(await phone.requests("MESSAGE", "sip:bob@example.com", { maxForwards: 1 }), 200);
  assert.equal(headerOf(server.requests()[0]!, "max-forwards"), "0");
});

scenario("a request without Max-Forwards gets one", async ({ lb, phone, destination }) => {
  const server = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server]);
  await phone.requests("MESSAGE", "sip:bob@example.com");
  const bytes = phone.datagrams[0]!.bytes.toString("latin1").replace(/Max-Forwards: 70\r\n/, "");
  phone.raw(bytes.replace(/branch=\w+/, "branch=z9hG4bK-other"));
  assert.equal(headerOf(await server.hears("MESSAGE", 2), "max-forwards"), "70");
});

scenario("a request that comes back unchanged is a loop: 482", async ({ lb, phone, destination }) => {
  const server = destination(sendingOn(() => lb.address));
  await lb.dispatches(1, "round-robin", [server]);
  const own = `sip:bob@127.0.0.1:${lb.address.port}`;
  assert.equal(await phone.requests("MESSAGE", own), 482);
  assert.ok(server.heard().length <= 2, `${server.heard().length} rounds`);
});

scenario("a request that comes back with another target is a spiral, and passes", async (stage) => {
  const { lb, phone, destination } = stage;
  const callee = destination.answers(486);
  await callee.opened;
  const server = destination(
    sendingOn(
      () => lb.address,
      withUri(() => callee.uri),
    ),
  );
  await lb.dispatches(1, "round-robin", [server]);
  const own = `sip:bob@127.0.0.1:${lb.address.port}`;
  assert.equal(await phone.requests("MESSAGE", own), 486);
  assert.equal(callee.heard("MESSAGE").length, 1);
});

for (const forwarding of ["stateful", "stateless"]) {
  const plain = { algorithm: "hash-call-id", probe: false };

  scenario(
    `what a server of the pool hands back unchanged takes the route of its set, ${forwarding}`,
    async (stage) => {
      const { lb, phone, destination } = stage;
      const proxy = destination(sendingOn(() => lb.address));
      const gateway = destination.answers(486);
      await Promise.all([proxy.opened, gateway.opened]);
      await lb.runs({
        forwarding,
        sets: {
          proxies: { ...plain, destinations: [proxy.uri] },
          gateways: { ...plain, destinations: [gateway.uri] },
        },
        routes: [{ from_set: "proxies", set: "gateways" }, { set: "proxies" }],
      });
      assert.equal(await phone.requests("MESSAGE", "sip:bob@example.com"), 486);
      assert.equal(proxy.heard("MESSAGE").length, 1);
      assert.equal(gateway.heard("MESSAGE").length, 1);
    },
  );

  scenario(`what goes round through two sets is a loop in the end, ${forwarding}`, async (stage) => {
    const { lb, phone, destination } = stage;
    const servers = [destination(sendingOn(() => lb.address)), destination(sendingOn(() => lb.address))];
    await Promise.all(servers.map((server) => server.opened));
    const [first, second] = servers.map(({ uri }) => ({ ...plain, destinations: [uri] }));
    await lb.runs({
      forwarding,
      sets: { first, second },
      routes: [{ from_set: "first", set: "second" }, { from_set: "second", set: "first" }, { set: "first" }],
    });
    assert.equal(await phone.requests("MESSAGE", "sip:bob@example.com"), 482);
    assert.deepEqual(
      servers.map((server) => server.heard("MESSAGE").length),
      [2, 1],
    );
  });
}
