import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";

scenario("a Record-Route with one character changed is refused, and reaches nobody", async (stage) => {
  const { lb, phone, destination } = stage;
  const servers = [destination.answers(200), destination.answers(200)];
  await lb.dispatches(1, "round-robin", servers);
  const { session } = await phone.invites("sip:bob@example.com");
  const { callId, local, remote, routes, remoteTarget } = session.dialog;
  const [route = ""] = routes;
  const token = /;(?!lr\b)[\w-]+=([^;>]+)/.exec(route)!;
  const begin = token.index + token[0].length - token[1]!.length;
  const answers = new Set<number>();
  for (let at = begin; at < begin + token[1]!.length; at++) {
    const other = route[at] === "0" ? "1" : "0";
    const forged = route.slice(0, at) + other + route.slice(at + 1);
    if (forged === route) continue;
    const extra = { callId, from: local, to: remote, routes: [forged], cseq: 100 + at };
    answers.add(await phone.requests("INFO", remoteTarget, extra));
  }
  assert.deepEqual(
    [...answers].filter((status) => ![403, 404, 481].includes(status)),
    [],
  );
  assert.equal(answers.size, 1, `one answer to all: ${[...answers]}`);
  for (const server of servers) assert.equal(server.requests("INFO").length, 0);
  assert.equal((await session.bye())?.status, 200);
});

scenario("a Record-Route of one call is of no use in another", async ({ lb, phone, destination }) => {
  const server = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server]);
  const { session } = await phone.invites("sip:bob@example.com");
  const { local, remote, routes, remoteTarget } = session.dialog;
  const status = await phone.requests("INFO", remoteTarget, { from: local, to: remote, routes, callId: "another" });
  assert.ok([403, 404, 481].includes(status), String(status));
  assert.equal(server.requests("INFO").length, 0);
});

scenario("a phone that moved to another address keeps its call", async ({ lb, phone, destination }) => {
  const server = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server]);
  const { session } = await phone.invites("sip:bob@example.com");
  const moved = await phone.another({ address: "127.0.0.3" });
  const { callId, local, remote, routes, remoteTarget } = session.dialog;
  const extra = { callId, from: local, to: remote, routes, cseq: 50 };
  assert.equal(await moved.requests("INFO", remoteTarget, extra), 200);
});
