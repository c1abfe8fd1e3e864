import assert from "node:assert/strict";
import { headerValues, type ParsedMessage } from "../../src/ua/parsed-message.ts";
import { answering } from "../kit/destination.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const stateless = { forwarding: "stateless" };

function topVia(message: ParsedMessage | undefined): string | undefined {
  return message === undefined ? undefined : headerValues(message, "via")[0];
}

scenario("stateless: retransmission, CANCEL and ACK follow their INVITE", async ({ lb, phone, destination }) => {
  const servers = [destination.rings(), destination.rings(), destination.rings()];
  await lb.dispatches(1, "hash-call-id", servers, {}, stateless);
  for (let i = 0; i < 6; i++) {
    const dialled = phone.dials("sip:bob@example.com");
    const server = await until("an INVITE", () => servers.find((one) => one.calls.some((c) => !c.session.hasEnded)));
    await until("180", () => dialled.statuses.includes(180));
    assert.ok(!dialled.statuses.includes(100), "a stateless proxy sends no 100");
    const count = server.requests("INVITE").length;
    phone.raw(dialled.transaction.request.raw);
    const repeated = await until("the INVITE again", () => server.requests("INVITE")[count]);
    assert.equal(topVia(repeated), topVia(server.requests("INVITE")[count - 1]));
    const acks = server.heard("ACK").length;
    dialled.cancel();
    assert.equal((await phone.finished(dialled)).status, 487);
    assert.equal(topVia(server.requests("CANCEL").at(-1)), topVia(repeated));
    assert.equal(topVia(await server.hears("ACK", acks + 1)), topVia(repeated));
    for (const call of server.calls) call.session.abandon();
  }
});

scenario("stateless: the ACK to a failure follows its INVITE by the Route of an outbound proxy, too", async (stage) => {
  const { lb, phone, destination } = stage;
  const servers = [destination.answers(486), destination.answers(486), destination.answers(486)];
  await lb.dispatches(1, "hash-call-id", servers, {}, stateless);
  const headers = [{ name: "Route", value: `<${lb.uri};lr>` }];
  for (let i = 1; i <= 4; i++) {
    assert.equal((await phone.invites("sip:bob@example.com", { headers })).status, 486);
    const all = (method: string) => servers.flatMap((one) => one.requests(method));
    await until("the ACK", () => all("ACK").length >= i);
    for (const one of servers) assert.equal(one.heard("ACK").length, one.heard("INVITE").length);
  }
  assert.equal(await lb.metric("dropped_total", { reason: "unmatched_ack" }), 0);
});

scenario("stateless: retransmission, CANCEL and ACK of a server of the pool follow their INVITE", async (stage) => {
  const { lb, destination } = stage;
  const caller = destination(answering(200), { proxy: lb.address });
  const gateways = [destination.rings(), destination.rings(), destination.rings()];
  await Promise.all([caller, ...gateways].map((one) => one.opened));
  const plain = { algorithm: "hash-call-id", probe: false };
  await lb.runs({
    ...stateless,
    sets: {
      callers: { ...plain, destinations: [caller.uri] },
      gateways: { ...plain, destinations: gateways.map(({ uri }) => uri) },
    },
    routes: [{ from_set: "callers", set: "gateways" }],
  });
  const dialled = caller.agent.invite("sip:bob@example.com");
  const gateway = await until("an INVITE", () => gateways.find((one) => one.calls.length > 0));
  caller.agent.send(dialled.transaction.request.raw, lb.address);
  const repeated = await until("the INVITE again", () => gateway.requests("INVITE")[1]);
  await until("180", () => dialled.statuses.includes(180));
  dialled.cancel();
  await gateway.hears("CANCEL");
  assert.equal(topVia(await gateway.hears("ACK")), topVia(repeated));
  assert.equal(topVia(repeated), topVia(gateway.requests("INVITE")[0]));
  assert.equal(topVia(gateway.requests("CANCEL")[0]), topVia(repeated));
});
