// The stream worker dies, and all connections with it: calls go on over new ones, each once, and whoever asks hears what is going on.
import assert from "node:assert/strict";
import { headerOf } from "../../src/ua/parsed-message.ts";
import { answering } from "../kit/destination.ts";
import { RawCalls } from "../kit/raw-calls.ts";
import { RawLine } from "../kit/raw-line.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

/** Calls that come by UDP while there is no stream worker. */
const CALLS = 20;

scenario(
  "while there is no stream worker, calls to TCP wait for the next one, and none is sent twice",
  { io: "batched", allowsErrors: true },
  async ({ lb, phone, destination }) => {
    const callees = [1, 2].map(() => destination(answering(200), { transport: "tcp" }));
    const failover = { answer_within: "10s" };
    await lb.dispatches(1, "round-robin", callees, { failover }, lb.bothTransports);
    const calls = new RawCalls();
    const before = await RawLine.open("tcp", lb.address);
    calls.begin(before);
    await until("a call before", () => calls.done === 1);
    assert.equal((await lb.admin("POST", "/fault", { worker: "streams", fault: "end" })).status, 202);
    const { reasons } = await until("it to be noticed", async () => {
      const answer = await lb.admin("GET", "/readyz");
      return answer.status === 503 ? (JSON.parse(answer.body) as { reasons: string[] }) : undefined;
    });
    assert.deepEqual(reasons, ["the stream worker is not running"]);
    await until("the connection to be closed", () => before.isClosed);
    // The port stays open: whoever connects now is heard by the next one.
    const between = await RawLine.open("tcp", lb.address);
    calls.begin(between);
    const waiting = Array.from({ length: CALLS }, () => phone.invites("sip:bob@example.com"));
    const answers = await Promise.all(waiting);
    await until("the call between", () => calls.done === 2);
    assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([200]));
    const invites = callees.flatMap((callee) => callee.requests("INVITE").map((each) => headerOf(each, "call-id")));
    assert.deepEqual([invites.length, new Set(invites).size], [CALLS + 2, CALLS + 2]);
    assert.equal((await lb.admin("GET", "/readyz")).status, 200);
    const after = await RawLine.open("tcp", lb.address);
    calls.begin(after);
    await until("a call after", () => calls.done === 3);
    assert.equal(await lb.metric("stream_worker_restarts_total"), 1);
    assert.equal(await lb.metric("stream_worker_ready"), 1);
    between.close();
    after.close();
  },
);
