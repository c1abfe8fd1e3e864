import assert from "node:assert/strict";
import { after, test } from "node:test";
import { until } from "../../test/kit/wait.ts";
import type { IncomingCall } from "./incoming-call.ts";
import { headerOf } from "./parsed-message.ts";
import { formatPeer } from "./transport.ts";
import { UserAgent, type UserAgentOptions } from "./user-agent.ts";

const timers = { t1: 20, t2: 80, t4: 100 };
const open: UserAgent[] = [];
after(() => Promise.all(open.map((agent) => agent.close())));

async function agent(options: UserAgentOptions = {}): Promise<UserAgent> {
  const made = await UserAgent.open({ timers, ...options });
  open.push(made);
  return made;
}

function uriOf(callee: UserAgent): string {
  return `sip:bob@${formatPeer(callee.local)}`;
}

test("a call is set up, refreshed from both sides and ended by the callee", async () => {
  // Nothing is to be repeated here, whatever else the machine does.
  const patient = { timers: { ...timers, t1: 500 } };
  const calls: IncomingCall[] = [];
  const callee = await agent({
    ...patient,
    onRequest: (transaction, ua) => {
      const call = ua.takeCall(transaction);
      calls.push(call);
      call.ring(180, { reliable: true });
      setTimeout(() => void call.answer(), 30);
    },
  });
  const call = (await agent(patient)).invite(uriOf(callee));
  assert.equal(await call.final, 200);
  assert.deepEqual(call.statuses, [180, 200]);
  const [incoming] = calls;
  assert.equal((await call.session?.request("INVITE"))?.status, 200);
  assert.equal((await incoming?.session.request("UPDATE"))?.status, 200);
  assert.equal((await incoming?.session.bye())?.status, 200);
  assert.deepEqual(
    incoming?.session.received.map((one) => one.request.method),
    ["PRACK", "INVITE"],
  );
  assert.equal(call.session?.hasEnded, true);
});

test("a cancelled call ends with 487 and its CANCEL waits for a provisional", async () => {
  const callee = await agent({ onRequest: (transaction, ua) => ua.takeCall(transaction).ring() });
  const call = (await agent()).invite(uriOf(callee));
  call.cancel();
  assert.equal(await call.final, 487);
});

test("a request without an answer is repeated as RFC 3261 17.1.2.2 says and given up after 64*T1", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const heard: number[] = [];
  let now = 0;
  const silent = await agent({ hears: () => false, onDatagram: () => void heard.push(now) });
  let answer: unknown;
  const asks = await agent({ timers: { t1: 500, t2: 4_000, t4: 5_000 } });
  void asks.request("OPTIONS", uriOf(silent)).then((end) => {
    answer = end;
  });
  const due = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
  for (; now < 32_000; now += 500) {
    if (now > 0) t.mock.timers.tick(500);
    if (due.includes(now)) await until(`the one after ${now} ms`, () => heard.at(-1) === now);
    assert.equal(answer, undefined, `after ${now} ms`);
  }
  t.mock.timers.tick(500);
  await until("the end", () => answer === null);
  assert.deepEqual(heard, due);
});

test("a 401 is answered once with digest credentials, in the same call", async () => {
  const callee = await agent({
    onRequest: (transaction) => {
      const isKnown = headerOf(transaction.request, "authorization").startsWith("Digest username");
      const challenge = { name: "WWW-Authenticate", value: 'Digest realm="r", nonce="n", qop="auth"' };
      transaction.respond(isKnown ? 486 : 401, { headers: isKnown ? [] : [challenge] });
    },
  });
  const credentials = { username: "u", password: "p" };
  const call = (await agent()).invite(uriOf(callee), {}, { credentials });
  assert.equal(await call.final, 486);
  assert.equal(headerOf(call.transaction.request, "cseq"), "2 INVITE");
});
