import assert from "node:assert/strict";
import { IMPATIENT } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const probe = { every: "1s", timeout: "900ms", down_after: 2, up_after: 2 };

scenario("a destination that stops answering probes is left alone until it answers again", async (stage) => {
  const { lb, phone, destination } = stage;
  const [first, second] = [destination.answers(200), destination.answers(200)];
  await lb.dispatches(1, "priority", [{ to: first, name: "one" }, second], { probe });
  await first.hears("OPTIONS");
  const probeRequest = first.requests("OPTIONS")[0]!;
  assert.ok(
    first.datagrams.every(({ peer }) => peer.port === lb.address.port),
    "probed from the listening port",
  );
  assert.match(probeRequest.uri, /^sip:/);
  first.isDeaf = true;
  await until("the destination to be down", async () => (await isUp()) === 0);
  const before = first.requests("INVITE").length;
  assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
  assert.equal(first.requests("INVITE").length, before);
  first.isDeaf = false;
  await until("the destination to be up", async () => (await isUp()) === 1);
  assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
  assert.equal(first.heard("INVITE").length, 1);

  function isUp(): Promise<number> {
    return lb.metric("destination_up", { destination: "one" });
  }
});

scenario("a destination that answers probes with 503 gets no calls", async ({ lb, phone, destination }) => {
  const sick = destination((transaction, itself) => {
    if (transaction.request.method === "OPTIONS") transaction.respond(503);
    else void itself.take(transaction).answer();
  });
  const well = destination.answers(200);
  await lb.dispatches(1, "priority", [{ to: sick, name: "sick" }, well], { probe });
  await until("it to be down", async () => (await lb.metric("destination_up", { destination: "sick" })) === 0);
  assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
  assert.equal(sick.heard("INVITE").length, 0);
});

scenario("calls that fail one after the other take a destination out, without probes", async (stage) => {
  const { lb, phone, destination } = stage;
  const [dead, alive] = [destination.silent(), destination.answers(200)];
  await lb.dispatches(1, "priority", [{ to: dead, name: "dead" }, alive], { ...IMPATIENT, passive: { failures: 3 } });
  for (let i = 0; i < 3; i++) assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
  await until("it to be down", async () => (await lb.metric("destination_up", { destination: "dead" })) === 0);
  const before = dead.heard("INVITE").length;
  assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
  assert.equal(dead.heard("INVITE").length, before);
});
