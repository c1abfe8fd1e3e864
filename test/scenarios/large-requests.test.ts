// Requests that are too large for one packet of the network go by TCP where the destination has it (RFC 3261 18.1.1).
import assert from "node:assert/strict";
import { headerValues, type ParsedMessage, parameterOf } from "../../src/ua/parsed-message.ts";
import { answering, ringing, type Script } from "../kit/destination.ts";
import { type DestinationMaker, scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const LIMIT = 1300;
const LARGE = { body: Buffer.alloc(1500, "x") };
const TO = "sip:bob@example.com";

/** A server that listens at one port by both transports, and how it stands in a configuration. */
async function both(destination: DestinationMaker, script: Script) {
  for (;;) {
    const udp = destination(script);
    await udp.opened;
    const tcp = destination(script, { port: udp.peer.port, transport: "tcp" });
    const isFree = await tcp.opened.then(
      () => true,
      () => false,
    );
    if (isFree) return { udp, tcp, configured: { to: udp, large_requests: "tcp" } };
    await udp.close();
  }
}

function transportOf(request: ParsedMessage | undefined): string {
  return headerValues(request!, "via")[0]!.split(" ")[0]!;
}

function branchOf(request: ParsedMessage | undefined): string {
  return parameterOf(headerValues(request!, "via")[0]!, "branch")!;
}

scenario("1,300 bytes go by UDP, 1,301 by TCP to the same port, and Via says so", async (stage) => {
  const { lb, phone, destination } = stage;
  const { udp, tcp, configured } = await both(destination, answering(200));
  await lb.dispatches(1, "priority", [configured], {}, lb.bothTransports);
  const sends = async (bytes: number) => phone.requests("OPTIONS", TO, { body: Buffer.alloc(bytes, "x") });
  assert.equal(await sends(500), 200);
  const body = 500 + LIMIT - udp.heard("OPTIONS")[0]!.raw.length;
  assert.ok(body >= 100 && body < 1000, "as many digits in Content-Length");
  assert.equal(await sends(body), 200);
  assert.equal(await sends(body + 1), 200);
  const [heard, moved] = [udp.heard("OPTIONS"), tcp.heard("OPTIONS")];
  assert.deepEqual([heard.length, moved.length], [2, 1]);
  assert.equal(heard[1]!.raw.length, LIMIT);
  assert.equal(transportOf(heard[1]), "SIP/2.0/UDP");
  assert.equal(transportOf(moved[0]), "SIP/2.0/TCP");
  assert.equal(await lb.metric("large_requests_total", { kind: "tcp" }), 1);
});

scenario(
  "a call that began with a large INVITE stays on TCP, a large request in one on UDP goes by TCP",
  async (stage) => {
    const { lb, phone, destination } = stage;
    const { udp, tcp, configured } = await both(destination, answering(200));
    await lb.dispatches(1, "priority", [configured], {}, lb.bothTransports);
    const large = await phone.invites(TO, LARGE);
    assert.equal(large.status, 200);
    await tcp.hears("ACK");
    assert.equal(await large.bye(), 200);
    assert.deepEqual([tcp.heard("INVITE").length, tcp.heard("BYE").length, udp.heard("BYE").length], [1, 1, 0]);
    const small = await phone.invites(TO);
    assert.equal(small.status, 200);
    assert.equal(udp.heard("INVITE").length, 1);
    assert.equal((await small.session.request("MESSAGE", LARGE))?.status, 200);
    assert.equal(transportOf(tcp.heard("MESSAGE")[0]), "SIP/2.0/TCP");
    assert.equal(await small.bye(), 200);
    assert.equal(udp.heard("BYE").length, 1);
  },
);

scenario(
  "without TCP there, a large request goes by UDP after all, on another branch",
  { io: "batched" },
  async (stage) => {
    const { lb, phone, destination } = stage;
    const { udp, tcp, configured } = await both(destination, answering(200));
    await tcp.close();
    const other = destination.answers(200);
    await lb.dispatches(1, "priority", [configured, other], { failover: { answer_within: "5s" } }, lb.bothTransports);
    const call = await phone.invites(TO, LARGE);
    assert.equal(call.status, 200);
    assert.equal(transportOf(udp.heard("INVITE")[0]), "SIP/2.0/UDP");
    assert.equal(await call.bye(), 200);
    assert.equal(await lb.metric("large_requests_total", { kind: "refused" }), 1);
    assert.equal(await lb.metric("destination_transport_errors_total"), 0, "nothing is wrong with the destination");
    assert.equal(await lb.metric("failovers_total"), 0);
    assert.equal(other.heard("INVITE").length, 0);
  },
);

scenario(
  "a dead first destination: a large INVITE moves on to the second, by TCP again",
  { io: "batched" },
  async (stage) => {
    const { lb, phone, destination } = stage;
    const [dead, alive] = [await both(destination, answering(200)), await both(destination, answering(200))];
    await lb.dispatches(1, "priority", [dead.configured, alive.configured], {}, lb.bothTransports);
    await dead.tcp.close();
    await dead.udp.close();
    const call = await phone.invites(TO, LARGE);
    assert.equal(call.status, 200);
    assert.equal(transportOf(alive.tcp.heard("INVITE")[0]), "SIP/2.0/TCP");
    assert.equal(await call.bye(), 200);
  },
);

scenario("CANCEL and ACK of a large INVITE go by TCP, on its branch", { io: "batched" }, async (stage) => {
  const { lb, phone, destination } = stage;
  const { udp, tcp, configured } = await both(destination, ringing());
  await lb.dispatches(1, "priority", [configured], {}, lb.bothTransports);
  const outgoing = phone.dials(TO, LARGE);
  await until("ringing", () => outgoing.statuses.includes(180));
  outgoing.cancel();
  assert.equal((await phone.finished(outgoing)).status, 487);
  await tcp.hears("ACK");
  const branches = ["INVITE", "CANCEL", "ACK"].map((method) => branchOf(tcp.requests(method)[0]));
  assert.equal(new Set(branches).size, 1, branches.join());
  assert.equal(udp.requests().length, 0);
});
