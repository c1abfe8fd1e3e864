// Fairlead as the edge in front of a registrar: calls find a registered phone over the connection that it made (RFC 3327,
// RFC 5626), and the registrar learns at once when that is gone.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { TransportName } from "../../src/net/transport.ts";
import { headerOf } from "../../src/ua/parsed-message.ts";
import type { ServerTransaction } from "../../src/ua/server-transaction.ts";
import type { Datagram, UserAgent, UserAgentOptions } from "../../src/ua/user-agent.ts";
import { Authority, type Certificate } from "../kit/certificates.ts";
import { answering, type Destination } from "../kit/destination.ts";
import type { LoadBalancer } from "../kit/lb.ts";
import type { Phone } from "../kit/phone.ts";
import { type ReservedPort, reservePort } from "../kit/port.ts";
import { type Stage, scenario } from "../kit/scenario.ts";
import { holds, until } from "../kit/wait.ts";

const PAIRS: readonly (readonly [TransportName, "udp" | "tcp", string])[] = [
  ["udp", "udp", "stateful"],
  ["tcp", "udp", "stateful"],
  ["udp", "tcp", "stateful"],
  ["tcp", "tcp", "stateful"],
  ["tcp", "udp", "stateless"],
  ["ws", "udp", "stateful"],
  ["tls", "udp", "stateful"],
  ["wss", "udp", "stateful"],
  ["tls", "tcp", "stateless"],
];
const ALL: readonly TransportName[] = ["udp", "tcp", "tls", "ws", "wss"];
/** What the phone believes its address to be. */
const BEHIND_NAT = "192.168.7.7:5060";

let authority: Authority;
let own: Certificate;
let secured: { readonly tls: ReservedPort; readonly wss: ReservedPort };
before(async () => {
  authority = await Authority.make();
  own = await authority.issue();
  secured = { tls: await reservePort(), wss: await reservePort() };
});
after(async () => {
  secured.tls.release();
  secured.wss.release();
  await authority.close();
});

/** A balancer in front of a registrar, which makes its calls through the balancer. */
async function starts({ lb, destination }: Stage, far: "udp" | "tcp", forwarding = "stateful"): Promise<Destination> {
  const registrar = destination(answering(200), { transport: far, proxy: lb.address });
  await dispatches(lb, registrar, forwarding);
  return registrar;
}

async function dispatches(lb: LoadBalancer, registrar: Destination, forwarding = "stateful"): Promise<void> {
  const routes = [{ set: "1", path: "always", method: "REGISTER", key: "to" }, { set: "1" }];
  const listeners = ALL.map((transport) => `${transport}://127.0.0.1:${portOf(lb, transport)}`);
  const keepalive = forwarding === "stateful" ? { interval: "1s" } : false;
  const tls = await lb.withTls(own);
  await lb.dispatches(1, "hash-call-id", [registrar], {}, { ...tls, listeners, forwarding, routes, keepalive });
}

/** Where the balancer listens: UDP and TCP share a port. */
function portOf(lb: LoadBalancer, transport: TransportName): number {
  if (transport === "ws") return lb.tlsPort;
  return transport === "tls" || transport === "wss" ? secured[transport].port : lb.address.port;
}

/** A phone on one of the transports, which takes calls. */
function phoneOn(stage: Stage, transport: TransportName, options: UserAgentOptions = {}): Promise<Phone> {
  const proxy = { ...stage.lb.address, port: portOf(stage.lb, transport) };
  return stage.phone.another({ transport, proxy, tls: { ca: authority.ca }, onRequest: answers, ...options });
}

/** Registers; the Path that the registrar was given. */
async function pathOf(phone: Phone, registrar: Destination): Promise<string> {
  const before = registrar.heard("REGISTER").length;
  const headers = [{ name: "Contact", value: phone.agent.contact }];
  assert.equal(await phone.requests("REGISTER", "sip:example.com", { headers }), 200);
  return headerOf(registrar.heard("REGISTER")[before]!, "path");
}

function answers(transaction: ServerTransaction, agent: UserAgent): void {
  if (transaction.request.method === "INVITE") void agent.takeCall(transaction).answer();
  else transaction.respond(200);
}

for (const [near, far, forwarding] of PAIRS) {
  scenario(
    `a call from a registrar (${far}) finds a phone (${near}) behind NAT, and both ends reach each other, ${forwarding}`,
    async (stage) => {
      const registrar = await starts(stage, far, forwarding);
      const phone = await phoneOn(stage, near, { sentBy: BEHIND_NAT });
      const path = await pathOf(phone, registrar);
      assert.match(path, /^<sip:fl\.[\w-]+@127\.0\.0\.1:\d+(;transport=tcp)?;lr;ob>$/);
      const call = registrar.agent.invite(`sip:phone@${BEHIND_NAT}`, { routes: [path] });
      assert.equal(await call.final, 200);
      assert.equal((await call.session!.request("INFO"))?.status, 200);
      assert.equal((await call.session!.request("INVITE"))?.status, 200);
      const invite = await phone.hears("the INVITE", ({ method }) => method === "INVITE");
      assert.equal(headerOf(invite, "route"), "");
      assert.equal((await call.session!.bye())?.status, 200);
      const second = registrar.agent.invite(`sip:phone@${BEHIND_NAT}`, { routes: [path] });
      assert.equal(await second.final, 200);
      if (near !== "udp") assert.equal(phone.agent.streams.accepted, 0);
    },
  );
}

for (const transport of ["tcp", "tls", "wss"] as const)
  scenario(
    `a phone (${transport}) whose connection is gone has failed at once (430), and is found again when it registers anew`,
    { io: "batched" },
    async (stage) => {
      const registrar = await starts(stage, "udp");
      const phone = await phoneOn(stage, transport);
      const path = await pathOf(phone, registrar);
      phone.agent.streams.breakConnections();
      await stage.lb.untilMetric("stream_connections", 0);
      const took: number[] = [];
      for (let i = 0; i < 3; i++) {
        const started = performance.now();
        const call = registrar.agent.invite("sip:phone@example.com", { routes: [path] });
        assert.equal(await call.final, 430);
        took.push(performance.now() - started);
      }
      assert.ok(Math.min(...took) < 1000, `no timer did: ${took}`);
      assert.equal(await stage.lb.metric("rejected_total", { reason: "flow_failed" }), 3);
      const again = registrar.agent.invite("sip:phone@example.com", { routes: [await pathOf(phone, registrar)] });
      assert.equal(await again.final, 200);
      // The old one does not lead to the new connection, although phone and place are the same.
      const late = registrar.agent.invite("sip:phone@example.com", { routes: [path] });
      assert.equal(await late.final, 430);
    },
  );

scenario("after a restart a phone on UDP is still found, one on TCP has failed", { io: "batched" }, async (stage) => {
  const registrar = await starts(stage, "udp");
  const [datagrams, stream] = [
    await stage.phone.another({ sentBy: BEHIND_NAT, onRequest: answers }),
    await stage.phone.another({ transport: "tcp", onRequest: answers }),
  ];
  const paths = [await pathOf(datagrams, registrar), await pathOf(stream, registrar)];
  await stage.lb.process?.stop();
  stage.lb.process = undefined;
  await dispatches(stage.lb, registrar);
  for (const [i, wanted] of [200, 430].entries()) {
    const call = registrar.agent.invite("sip:phone@example.com", { routes: [paths[i]!] });
    assert.equal(await call.final, wanted);
  }
});

scenario("a stranger reaches no phone with a token that was stolen", { io: "batched" }, async (stage) => {
  const registrar = await starts(stage, "udp");
  const phone = await stage.phone.another({ onRequest: answers });
  const path = await pathOf(phone, registrar);
  for (const routes of [[path], [path.replace("fl.", "fl.A")], [path, "<sip:127.0.0.9;lr>"]])
    assert.equal(await stage.phone.requests("OPTIONS", "sip:phone@example.com", { routes }), 403);
  assert.deepEqual(
    phone.received().filter(({ isRequest }) => isRequest),
    [],
  );
  assert.equal(await stage.lb.metric("rejected_total", { reason: "flow_forbidden" }), 3);
});

scenario("a phone on UDP hears from the listener that it registered at, until it unregisters", async (stage) => {
  const registrar = await starts(stage, "udp");
  registrar.script = (transaction) => {
    const { request } = transaction;
    const expires = headerOf(request, "expires");
    const value = `${headerOf(request, "contact")};expires=${expires}`;
    transaction.respond(200, { headers: expires === "0" ? [] : [{ name: "Contact", value }] });
  };
  const phone = await stage.phone.another({ sentBy: BEHIND_NAT });
  const keepAlives = (): number =>
    phone.datagrams.filter(({ direction, bytes }) => direction === "in" && bytes.equals(Buffer.from("\r\n\r\n")))
      .length;
  // One Call-ID for all registrations of a phone (RFC 3261 10.2.4).
  let cseq = 0;
  const registers = async (expires: string): Promise<void> => {
    const headers = [
      { name: "Contact", value: phone.agent.contact },
      { name: "Expires", value: expires },
    ];
    assert.equal(
      await phone.requests("REGISTER", "sip:example.com", { headers, callId: "registrations", cseq: ++cseq }),
      200,
    );
  };
  await registers("60");
  await until("two keep-alives", () => keepAlives() >= 2);
  await registers("0");
  await stage.lb.untilMetric("flows_ended_total", 1);
  const last = keepAlives();
  await holds("no more of them", () => keepAlives() === last, 1500);
  const binding = Buffer.from("000100002112a442000102030405060708090a0b", "hex");
  phone.agent.send(binding, stage.lb.address);
  const isAnswer = ({ direction, bytes }: Datagram): boolean => direction === "in" && bytes.readUInt16BE(0) === 0x0101;
  const answer = await until("the answer to STUN", () => phone.datagrams.find(isAnswer));
  assert.equal(answer.bytes.readUInt16BE(26) ^ 0x2112, phone.agent.local.port);
});

scenario(
  "flows that a worker kept open are counted when it dies, and kept again from the next REGISTER on",
  { io: "batched", allowsErrors: true },
  async ({ lb, phone, destination }) => {
    const registrar = destination((transaction) => {
      const value = `${headerOf(transaction.request, "contact")};expires=600`;
      transaction.respond(200, { headers: [{ name: "Contact", value }] });
    });
    await dispatches(lb, registrar);
    await pathOf(phone, registrar);
    await lb.untilMetric("kept_flows", 1);
    const worker = (await lb.metric("kept_flows", { worker: "0" })) === 1 ? 0 : 1;
    await lb.admin("POST", "/fault", { worker, fault: "throw" });
    await lb.untilMetric("kept_flows_lost_total", 1);
    await lb.untilMetric("kept_flows", 0);
    await until("all workers", async () => (await lb.admin("GET", "/readyz")).status === 200);
    await pathOf(phone, registrar);
    await lb.untilMetric("kept_flows", 1);
  },
);
