// Somebody floods from addresses that are not his, while those who are known make calls.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { answering, Destination } from "../kit/destination.ts";
import { LoadBalancer } from "../kit/lb.ts";
import { Phone } from "../kit/phone.ts";
import { BALANCER, DESTINATIONS_ANSWER, FORGED, INSIDE, Lab, skip } from "./lab.ts";

const isLong = process.env.FAIRLEAD_LONG === "1";
const SECONDS = isLong ? 60 : 5;
/** New requests per second that a source may send; the flood is ten times that from each. */
const LIMIT = 2;
const SOURCES = isLong ? 2000 : 1000;
const CALLERS = 10;
/** A machine that is busy with others makes few calls in one flood: so many floods follow each other until there were enough. */
const FLOODS = 5;
/** The destinations are in this process, which has no processor to itself. */
const PATIENT = { answer_within: "20s" };
const FLOODER = fileURLToPath(new URL("flooder.ts", import.meta.url));

async function flood(lab: Lab, port: number): Promise<number> {
  const args = [BALANCER, port, `${FORGED}.1.0`, SOURCES, LIMIT * 10 * SOURCES, SECONDS].map(String);
  const child = spawn("ip", ["netns", "exec", lab.outside, process.execPath, FLOODER, ...args]);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  child.stderr.pipe(process.stderr);
  const [code] = await once(child, "close");
  assert.equal(code, 0);
  return Number(text);
}

/** Calls until the flood is over, INVITE, ACK, BYE: counts how many were made, and how many went well. */
async function callsUntil(
  phone: Phone,
  isOver: () => boolean,
  result: { made: number; good: number; readonly bad: number[] },
): Promise<void> {
  while (!isOver()) {
    result.made++;
    const call = await phone.invites("sip:bob@example.com");
    const last = call.status === 200 ? await call.bye() : call.status;
    if (last === 200) result.good++;
    else result.bad.push(last);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("while strangers flood at ten times their limit, known peers make their calls, and little goes back", {
  skip,
  timeout: 180_000,
}, async () => {
  const lab = new Lab();
  const lb = await LoadBalancer.prepare("batched", BALANCER);
  const phones: Phone[] = [];
  const trunk = new Destination(answering(200), { address: `${INSIDE}.0.2` });
  const registrar = new Destination(answering(DESTINATIONS_ANSWER), { address: `${INSIDE}.0.3` });
  try {
    await Promise.all([trunk.opened, registrar.opened]);
    const { port } = lb.address;
    const own = port + 1 > 65_535 ? port - 1 : port + 1;
    await lb.runs({
      listeners: [
        { uri: `udp://${BALANCER}:${port}`, name: "public" },
        { uri: `udp://${BALANCER}:${own}`, name: "own", allow: [`${INSIDE}.0.0/16`] },
      ],
      sets: {
        trunk: { algorithm: "round-robin", probe: false, destinations: [trunk.uri], failover: PATIENT },
        registrar: { algorithm: "round-robin", probe: false, destinations: [registrar.uri], failover: PATIENT },
      },
      routes: [{ listener: "own", set: "trunk" }, { set: "registrar" }],
      timers: { t1: "500ms" },
      // Whoever is trusted is refused last when queues are full.
      trusted: [`${INSIDE}.0.0/16`],
      rate_limits: { per_source: { requests_per_second: LIMIT, burst: LIMIT } },
    });
    for (let i = 0; i < CALLERS; i++)
      await Phone.open({ address: BALANCER, port: own }, { address: `${INSIDE}.1.${i + 1}` }, (phone) =>
        phones.push(phone),
      );
    let isOver = false;
    const results = phones.map(() => ({ made: 0, good: 0, bad: [] as number[] }));
    const sumOf = (what: "made" | "good"): number => results.reduce((sum, one) => sum + one[what], 0);
    const calling = Promise.all(phones.map((phone, i) => callsUntil(phone, () => isOver, results[i]!)));
    let sent = 0;
    let floods = 0;
    for (; floods === 0 || (floods < FLOODS && sumOf("made") < CALLERS * SECONDS); floods++)
      sent += await flood(lab, port);
    isOver = true;
    await calling;
    const [made, good] = [sumOf("made"), sumOf("good")];
    const [came, left, relayed] = [lab.fromForged, lab.toForged, lab.relayedToForged];
    const seconds = floods * SECONDS;
    const rate = sent / SOURCES / seconds / LIMIT;
    console.log(
      `flood of ${sent} forged requests in ${seconds} s from ${SOURCES} sources, each at ${rate.toFixed(1)} times its limit: ${good} of ${made} calls of known peers succeeded`,
    );
    console.log(
      `bytes of our own to forged sources: ${left.bytes} for ${came.bytes} that came, ${(left.bytes / came.bytes).toFixed(2)} of 3.00 allowed; ${relayed.bytes} of destinations besides`,
    );
    assert.ok(made >= CALLERS * SECONDS, `${made} calls are too few to tell`);
    const bad = results.flatMap((one) => one.bad);
    assert.ok(good >= made * 0.99, `the others ended with ${bad.join(" ")}`);
    assert.ok(left.bytes <= 3 * came.bytes);
    assert.ok(rate > 8, "the flood was one");
    const limited = await lb.metric("rejected_total", { reason: "rate_source" });
    const unread = await lb.metric("dropped_total", { reason: "flood_source" });
    console.log(`of them ${limited} of ${sent} were refused, and ${unread} dropped unread`);
    assert.ok(limited + unread > 0);
    assert.equal(lab.astray.packets, 0);
  } finally {
    const complaint = await lb.end();
    for (const phone of phones) await phone.agent.close();
    await trunk.close();
    await registrar.close();
    lab.close();
    assert.equal(complaint, "");
  }
});
