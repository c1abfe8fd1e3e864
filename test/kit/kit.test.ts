// The kit against itself, without the balancer: a scenario that fails is then about the product.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { peerOfUri } from "../../src/ua/transport.ts";
import type { UserAgentOptions } from "../../src/ua/user-agent.ts";
import { answering, challenging, Destination, ringing, type Script } from "./destination.ts";
import { leastOf } from "./least-of.ts";
import { parseMetrics, sumOf } from "./metrics.ts";
import { collectGarbage, OwnPauses } from "./own-pauses.ts";
import { Phone } from "./phone.ts";
import { reservePort } from "./port.ts";
import { holds, until, within } from "./wait.ts";

const cleanups: (() => Promise<void>)[] = [];
after(() => Promise.all(cleanups.map((cleanup) => cleanup())));

async function pair(script: Script, options: UserAgentOptions = {}): Promise<{ phone: Phone; server: Destination }> {
  const server = new Destination(script, options);
  await server.opened;
  const phone = await Phone.open(peerOfUri(server.uri)!);
  cleanups.push(
    () => server.close(),
    () => phone.agent.close(),
  );
  return { phone, server };
}

test("a phone calls a destination that rings, is answered by the test, and both can hang up", async () => {
  const { phone, server } = await pair(ringing());
  for (const side of ["caller", "callee"]) {
    const dialled = phone.dials("sip:bob@example.com");
    await phone.hears("180", (message) => message.status === 180);
    const callee = await server.call(side === "caller" ? 0 : 1);
    const isAcked = callee.answer();
    const call = await phone.finished(dialled);
    assert.equal(await isAcked, true);
    assert.equal(await call.reinvite(), 200);
    assert.equal(side === "caller" ? await call.bye() : (await callee.session.bye())?.status, 200);
  }
});

test("a challenge is answered with credentials, and only then the script goes on", async () => {
  const { phone, server } = await pair(challenging(407, answering(200)));
  const call = await phone.invites("sip:bob@example.com", {}, { credentials: { username: "u", password: "p" } });
  assert.deepEqual(call.statuses, [407, 200]);
  assert.equal(server.requests("INVITE").length, 2);
});

test("a deaf destination records and says nothing; a closed one comes back on its port", async () => {
  const { phone, server } = await pair(answering(200));
  server.isDeaf = true;
  const silent = phone.requests("OPTIONS", "sip:bob@example.com");
  await server.hears("OPTIONS");
  await holds("no answer", () => phone.received().length === 0, 100);
  server.isDeaf = false;
  assert.equal(await silent, 200);
  await server.close();
  await server.reopen();
  assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 200);
});

test("waiting ends at its deadline and says what it waited for", async () => {
  await assert.rejects(
    until("godot", () => false, 20),
    /godot/,
  );
  await assert.rejects(
    holds("calm", () => false, 20),
    /calm/,
  );
  await assert.rejects(within("it", new Promise(() => {}), 20), /it took longer/);
});

test("a time that is too long is measured again, until one is short enough or there have been enough tries", async () => {
  const took = [90, 70, 80];
  const measured: number[] = [];
  const measure = async (attempt: number): Promise<number> => {
    measured.push(attempt);
    return took[attempt]!;
  };
  assert.equal(await leastOf(3, 75, measure), 70);
  assert.equal(await leastOf(3, 10, measure), 70);
  assert.deepEqual(measured, [0, 1, 0, 1, 2]);
});

test("metrics are summed over the labels that a test does not name", () => {
  const page = '# HELP x y\nfairlead_x_total{set="1",to="a"} 2\nfairlead_x_total{set="1",to="b"} 3\nup 1\n';
  assert.equal(sumOf(parseMetrics(page), "x_total"), 5);
  assert.equal(sumOf(parseMetrics(page), "x_total", { to: "b" }), 3);
});

test("a reserved port is nobody else's", async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => reservePort()));
  assert.equal(new Set(ports.map(({ port }) => port)).size, 20);
  for (const port of ports) port.release();
});

test("pauses for the sake of one's own garbage are known, and only those within the time that is asked about", async () => {
  const pauses = new OwnPauses();
  const began = performance.now();
  collectGarbage();
  const ended = performance.now();
  const quiet = performance.now();
  while (performance.now() < quiet + 1);
  const later = performance.now();
  await pauses.end();
  const [first, second] = [pauses.within(began, ended), pauses.within(quiet, later)];
  assert.ok(first > (ended - began) / 2 && first <= ended - began, `${first} of ${ended - began} ms`);
  assert.ok(second < first, `${second} ms in which nobody collected`);
  assert.equal(pauses.within(later + 1_000, later + 2_000), 0);
});
