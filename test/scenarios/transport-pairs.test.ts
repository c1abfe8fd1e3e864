// Every transport to every transport, of both families: whole calls, with requests in them from both ends. FAIRLEAD_LONG=1 makes 2,000 of each.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { TransportName } from "../../src/net/transport.ts";
import { headerOf } from "../../src/ua/parsed-message.ts";
import type { Session } from "../../src/ua/session.ts";
import { formatPeer } from "../../src/ua/transport.ts";
import { Authority, type Certificate } from "../kit/certificates.ts";
import { answering, type Destination } from "../kit/destination.ts";
import type { LoadBalancer, Section } from "../kit/lb.ts";
import type { Phone } from "../kit/phone.ts";
import { reservePort } from "../kit/port.ts";
import { type Stage, scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const ALL: readonly TransportName[] = ["udp", "tcp", "tls", "ws", "wss"];
const isLong = process.env.FAIRLEAD_LONG === "1";
const CALLS = isLong ? 2000 : 20;
const AT_ONCE = 10;
/** On a machine that is busy with others, in milliseconds. */
const PATIENCE = 15_000;
/** What a browser writes into Via and Contact. */
const NOWHERE = "df7jal23ls0d.invalid";

let authority: Authority;
let own: Certificate;
let theirs: Certificate;
before(async () => {
  authority = await Authority.make();
  const names = ["IP:127.0.0.1", "IP:::1"];
  own = await authority.issue({ names });
  theirs = await authority.issue({ names });
});
after(() => authority.close());

/** A listener of each transport, each on a port of its own. */
async function listening(lb: LoadBalancer): Promise<{ section: Section; ports: ReadonlyMap<TransportName, number> }> {
  const ports = new Map<TransportName, number>();
  for (const transport of ALL) ports.set(transport, transport === "udp" ? lb.address.port : (await reservePort()).port);
  const ca = await lb.file("ca.pem", authority.ca);
  const { address } = lb.address;
  const listeners = ALL.map((transport) => `${transport}://${formatPeer({ address, port: ports.get(transport)! })}`);
  return { section: { ...(await lb.withTls(own, { ca })), listeners }, ports };
}

async function starts(
  stage: Stage,
): Promise<{ phones: Map<TransportName, Phone>; callees: Map<TransportName, Destination> }> {
  const { lb, destination } = stage;
  const tls = { ...theirs, ca: authority.ca };
  const phones = new Map<TransportName, Phone>();
  const callees = new Map<TransportName, Destination>();
  const { section, ports } = await listening(lb);
  const sets: Record<string, Section> = {};
  for (const transport of ALL) {
    const callee = destination(answering(200), { transport, tls });
    await callee.opened;
    callees.set(transport, callee);
    sets[transport] = { algorithm: "priority", probe: false, destinations: [callee.uri] };
  }
  const routes = ALL.map((transport) => ({ request_uri: `*@${transport}.test`, set: transport }));
  await lb.runs({ ...section, sets, routes });
  for (const transport of ALL) {
    const proxy = { ...lb.address, port: ports.get(transport)! };
    const sentBy = transport.startsWith("ws") ? { sentBy: NOWHERE } : {};
    phones.set(transport, await stage.phone.another({ transport, address: proxy.address, proxy, tls, ...sentBy }));
  }
  return { phones, callees };
}

/** One call; what went wrong with it, or "". */
async function call(phone: Phone, callee: Destination, uri: string, isEndedByCaller: boolean): Promise<string> {
  const outgoing = phone.dials(uri);
  const { status, session: near } = await phone.finished(outgoing);
  if (status !== 200) return `INVITE ${status}`;
  const taken = callee.calls.findIndex(({ session }) => session.dialog.callId === near.dialog.callId);
  const [incoming] = taken < 0 ? [] : callee.calls.splice(taken, 1);
  if (incoming === undefined) return "the callee knows nothing of it";
  const far = incoming.session;
  await until("the ACK", () => far.acks.length > 0, PATIENCE);
  const final = async (session: Session, method: string) => (await session.request(method))?.status ?? 0;
  const again = await final(far, "INVITE");
  if (again !== 200) return `re-INVITE of the callee ${again}`;
  await until("the ACK of the re-INVITE", () => near.acks.length > 0, PATIENCE);
  const info = await final(near, "INFO");
  if (info !== 200) return `INFO ${info}`;
  const bye = (await (isEndedByCaller ? near : far).bye())?.status ?? 0;
  if (bye !== 200) return `BYE ${bye}`;
  const other = isEndedByCaller ? far : near;
  return other.hasEnded ? "" : "the other end heard no BYE";
}

async function callsOfAllPairs(stage: Stage, family: string): Promise<void> {
  const { phones, callees } = await starts(stage);
  const failed: string[] = [];
  let done = 0;
  const began = performance.now();
  for (const near of ALL) {
    for (const far of ALL) {
      const [phone, callee] = [phones.get(near)!, callees.get(far)!];
      let next = 0;
      const one = async (): Promise<void> => {
        while (next < CALLS) {
          const isEndedByCaller = next++ % 2 === 0;
          const fault = await call(phone, callee, `sip:bob@${far}.test`, isEndedByCaller).catch(String);
          if (fault !== "") failed.push(`${near} to ${far}: ${fault}`);
          else done++;
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, one));
      assert.deepEqual(failed, []);
      const invite = callee.requests("INVITE").at(-1);
      assert.equal(headerOf(invite!, "via").split(" ")[0], `SIP/2.0/${far.toUpperCase()}`);
      phone.datagrams.length = 0;
      callee.datagrams.length = 0;
    }
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(
    `transport pairs, ${family}: ${done} of ${25 * CALLS} calls without a fault, over 25 pairs, in ${seconds} s`,
  );
  assert.equal(done, 25 * CALLS);
  // Nobody called a browser back, and nothing was sent anew where nothing can be lost.
  for (const transport of ["ws", "wss", "tls"] as const) assert.equal(phones.get(transport)!.agent.streams.accepted, 0);
}

for (const [family, host] of [
  ["IPv4", "127.0.0.1"],
  ["IPv6", "::1"],
] as const)
  scenario(
    `${family}: calls from each of five transports to each: a re-INVITE of the callee, an INFO of the caller, a BYE from either end`,
    { io: "batched", host, limit: isLong ? 3_600_000 : 120_000 },
    (stage) => callsOfAllPairs(stage, family),
  );
