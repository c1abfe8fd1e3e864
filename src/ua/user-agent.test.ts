import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { IncomingCall } from "./incoming-call.ts";
import { headerOf } from "./parsed-message.ts";
import { formatPeer } from "./transport.ts";
import { type Datagram, UserAgent, type UserAgentOptions } from "./user-agent.ts";

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

test("a request without an answer is repeated and given up after 64*T1", async () => {
  const heard: Datagram[] = [];
  const silent = await agent({ hears: () => false, onDatagram: (datagram) => heard.push(datagram) });
  assert.equal(await (await agent({ timers: { t1: 40, t2: 320, t4: 80 } })).request("OPTIONS", uriOf(silent)), null);
  assert.ok(heard.length >= 9 && heard.length <= 12, String(heard.length));
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
