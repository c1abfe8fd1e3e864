import assert from "node:assert/strict";
import { headerOf } from "../../src/ua/parsed-message.ts";
import { configuredSet } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";
import { holds, until } from "../kit/wait.ts";

const BATCHED = { io: "batched" } as const;

scenario("set after set: the second one is asked when all of the first have failed", BATCHED, async (stage) => {
  const { lb, phone, destination } = stage;
  const [first, second, third] = [destination.answers(503), destination.answers(500), destination.answers(200)];
  await lb.runs({
    sets: {
      near: await configuredSet("priority", [first, second]),
      far: await configuredSet("round-robin", [third]),
    },
    routes: [{ sets: ["near", "far"], failover: { tries: 3 } }],
  });
  const call = await phone.invites("sip:bob@example.com");
  assert.equal(call.status, 200);
  for (const each of [first, second, third]) assert.equal(each.heard("INVITE").length, 1);
  assert.equal(await call.bye(), 200);
  assert.equal(third.heard("BYE").length, 1);
  await lb.dispatches("near", "priority", [{ to: first, state: "disabled" }]);
  await lb.runs({
    sets: {
      near: await configuredSet("priority", [{ to: first, state: "disabled" }]),
      far: await configuredSet("round-robin", [third]),
    },
    routes: [{ sets: ["near", "far"] }],
  });
  assert.equal((await phone.invites("sip:bob@example.com")).status, 200, "nobody of the first set is usable");
});

scenario(
  "what rings for too long goes on to the next destination, or ends with 408, as its route says",
  BATCHED,
  async (stage) => {
    const { lb, phone, destination } = stage;
    const [rings, answers] = [destination.rings(), destination.answers(200)];
    await lb.runs({
      sets: { media: await configuredSet("priority", [rings, answers]) },
      routes: [
        {
          match: { "request-uri.user": "^hunt" },
          set: "media",
          failover: { on: ["ring_timeout"], ring_limit: "500ms" },
        },
        { match: { "request-uri.user": "^once" }, set: "media", failover: { ring_limit: "500ms" } },
        { set: "media" },
      ],
    });
    const hunted = await phone.invites("sip:hunt@example.com");
    assert.deepEqual([hunted.status, hunted.statuses.includes(180)], [200, true]);
    await until("the CANCEL for the one that rang", () => rings.heard("CANCEL").length === 1);
    assert.equal(await hunted.bye(), 200);
    assert.equal(answers.heard("BYE").length, 1);
    assert.equal((await phone.invites("sip:once@example.com")).status, 408);
    await until("the second CANCEL", () => rings.heard("CANCEL").length === 2);
    const patient = phone.dials("sip:bob@example.com");
    const call = await rings.call(2);
    await holds("nobody cancels without a limit", () => rings.heard("CANCEL").length === 2, 1000);
    await call.answer();
    const answered = await phone.finished(patient);
    assert.equal(answered.status, 200);
    assert.equal(await answered.bye(), 200);
    await lb.untilMetric("fairlead_destination_active_calls", 0);
  },
);

scenario("a route refuses with Retry-After", BATCHED, async ({ lb, phone, destination }) => {
  await lb.runs({
    sets: { media: await configuredSet("priority", [destination.answers(200)]) },
    routes: [
      { method: "REGISTER", reject: { status: 503, reason: "At midnight", retry_after: "90s" } },
      { set: "media" },
    ],
  });
  const answer = await phone.agent.request("REGISTER", "sip:example.com");
  assert.deepEqual([answer?.status, answer && headerOf(answer, "retry-after")], [503, "90"]);
});

scenario(
  "a route has its own codes, tries and timers; another route of the same set keeps the set's",
  BATCHED,
  async (stage) => {
    const { lb, phone, destination } = stage;
    const [first, second] = [destination.answers(486), destination.answers(200)];
    const silent = destination.silent();
    await lb.runs({
      sets: {
        media: await configuredSet("priority", [first, second]),
        slow: await configuredSet("priority", [silent, second], { failover: { answer_within: "20s" } }),
      },
      routes: [
        { match: { "request-uri.user": "^hunt" }, set: "media", failover: { on: [486] } },
        { match: { "request-uri.user": "^once" }, set: "media", failover: { on: [486], tries: 1 } },
        { match: { "request-uri.user": "^quick" }, set: "slow", failover: { answer_within: "200ms" } },
        { set: "media" },
      ],
    });
    assert.equal((await phone.invites("sip:bob@example.com")).status, 486);
    assert.equal((await phone.invites("sip:once@example.com")).status, 486);
    assert.equal((await phone.invites("sip:hunt@example.com")).status, 200);
    const begin = performance.now();
    assert.equal((await phone.invites("sip:quick@example.com")).status, 200);
    assert.ok(performance.now() - begin < 10_000, "the route's answer_within, not the set's");
  },
);

scenario(
  "nobody usable: the route's own answer, for INVITE and others",
  BATCHED,
  async ({ lb, phone, destination }) => {
    await lb.runs({
      sets: { media: await configuredSet("round-robin", [{ to: destination.answers(200), state: "disabled" }]) },
      routes: [
        { method: "OPTIONS", set: "media" },
        { set: "media", no_destination: { status: 404, reason: "No destination" } },
      ],
    });
    const call = await phone.invites("sip:bob@example.com");
    assert.deepEqual([call.status, call.responses.at(-1)?.reason], [404, "No destination"]);
    assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 503);
  },
);

scenario(
  "the request URI's host becomes the destination's at each try; the dialog has the callee's Contact",
  BATCHED,
  async (stage) => {
    const { lb, phone, destination } = stage;
    const [first, second] = [destination.answers(503), destination.rings()];
    await lb.runs({
      sets: { media: await configuredSet("priority", [first, second]) },
      routes: [{ set: "media", rewrite_uri: "host" }],
    });
    const dialled = phone.dials("sip:+4930123@example.com;user=phone");
    const callee = await second.call();
    const host = ({ uri }: { readonly uri: string }): string => uri.replace("sip:", "sip:+4930123@");
    assert.equal(first.heard("INVITE")[0]?.uri, host(first));
    assert.equal(first.heard("ACK")[0]?.uri ?? (await first.hears("ACK")).uri, host(first), "RFC 3261 17.1.1.3");
    assert.equal(second.heard("INVITE")[0]?.uri, host(second));
    void callee.answer();
    const call = await phone.finished(dialled);
    assert.equal(call.status, 200);
    assert.equal(await call.bye(), 200);
    assert.match(second.heard("BYE")[0]?.uri ?? "", /^sip:destination@/);
  },
);

scenario(
  "strip and prefix of each destination apply to the number as it was dialled; CANCEL has the same URI",
  BATCHED,
  async (stage) => {
    const { lb, phone, destination } = stage;
    const [first, second] = [destination.answers(503), destination.rings()];
    await lb.dispatches("gateways", "priority", [
      { to: first, strip: 2, prefix: "+" },
      { to: second, strip: 4, prefix: "9" },
    ]);
    const dialled = phone.dials("sip:004930123@example.com");
    await second.call();
    assert.equal(first.heard("INVITE")[0]?.uri, "sip:+4930123@example.com");
    assert.equal(second.heard("INVITE")[0]?.uri, "sip:930123@example.com");
    await holds(
      "the INVITE is the same when it is repeated",
      () => second.requests("INVITE").every(({ uri }) => uri === "sip:930123@example.com"),
      100,
    );
    await dialled.cancel();
    assert.equal((await phone.finished(dialled)).status, 487);
    assert.equal((await second.hears("CANCEL")).uri, "sip:930123@example.com", "RFC 3261 9.1");
    assert.equal((await second.hears("ACK")).uri, "sip:930123@example.com", "RFC 3261 17.1.1.3");
  },
);

scenario(
  "without transactions CANCEL and the ACK to a failure have the request URI of their INVITE",
  BATCHED,
  async (stage) => {
    const { lb, phone, destination } = stage;
    const server = destination.answers(486);
    const only = [{ to: server, strip: 1 }];
    await lb.dispatches("gateways", "hash-call-id", only, {}, { forwarding: "stateless" });
    assert.equal((await phone.invites("sip:0123@example.com")).status, 486);
    assert.equal(server.heard("INVITE")[0]?.uri, "sip:123@example.com");
    assert.equal((await server.hears("ACK")).uri, "sip:123@example.com");
  },
);

scenario(
  "headers are added, set and left out, with parts of the message, on each try alike",
  BATCHED,
  async (stage) => {
    const { lb, phone, destination } = stage;
    const [first, second] = [destination.answers(503), destination.answers(200)];
    await lb.runs({
      sets: { media: await configuredSet("priority", [first, second]) },
      routes: [
        {
          set: "media",
          headers: {
            remove: ["X-Secret", "Subject"],
            set: { "User-Agent": "edge" },
            add: { "X-Source": "{source} called {to.user}", "X-Folded": "<{header:X-Long}>" },
          },
        },
      ],
    });
    const headers = [
      { name: "X-Secret", value: "1" },
      { name: "x-secret", value: "2" },
      { name: "s", value: "compact" },
      { name: "User-Agent", value: "phone" },
      { name: "X-Long", value: "one\r\n two" },
    ];
    const call = await phone.invites("sip:bob@example.com", { headers });
    assert.equal(call.status, 200);
    for (const server of [first, second]) {
      const got = server.heard("INVITE")[0]!.headers.map(({ name, value }) => `${name}: ${value}`);
      const named = (pattern: RegExp) => got.filter((line) => pattern.test(line));
      assert.deepEqual(named(/^(x-secret|s|subject):/i), []);
      assert.deepEqual(named(/^user-agent:/i), ["User-Agent: edge"]);
      assert.deepEqual(named(/^x-source:/i), ["X-Source: 127.0.0.1 called bob"]);
      assert.match(named(/^x-folded:/i)[0] ?? "", /^X-Folded: <one\s+two>$/);
    }
    assert.equal(await call.bye(), 200);
  },
);

scenario(
  "a code that marks takes its destination out, until it answers a probe; the last usable one stays",
  BATCHED,
  async (stage) => {
    const { lb, phone, destination } = stage;
    const [first, second] = [destination.answers(500), destination.answers(200)];
    const probe = { every: "200ms", timeout: "500ms", down_after: 100, up_after: 1 };
    await lb.runs({
      sets: { media: await configuredSet("priority", [first, second], { probe }) },
      routes: [{ set: "media", failover: { on: ["timeout", "5xx", "6xx"], mark: ["timeout", "5xx"] } }],
    });
    type Shown = { readonly uri: string; readonly state: string; readonly reason: string };
    const stateOf = async (to: { readonly uri: string }) =>
      (JSON.parse((await lb.admin("GET", "/destinations")).body) as Shown[]).find(({ uri }) => uri === to.uri);
    first.script = (transaction) => transaction.respond(transaction.request.method === "OPTIONS" ? 503 : 500);
    assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
    await until("the first one to be inactive", async () => (await stateOf(first))?.state === "inactive");
    assert.match((await stateOf(first))?.reason ?? "", /marked by a route: 500|probe/);
    assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
    assert.equal(first.heard("INVITE").length, 1, "it gets no more calls");
    second.script = (transaction) => transaction.respond(transaction.request.method === "OPTIONS" ? 200 : 500);
    assert.equal((await phone.invites("sip:bob@example.com")).status, 500);
    assert.equal((await stateOf(second))?.state, "active", "nobody else is left");
    first.script = (transaction) => transaction.respond(200);
    await until("the first one to be back", async () => (await stateOf(first))?.state === "active");
  },
);

scenario(
  "callers are redirected to the destinations of a set in turn, each with the user they dialled",
  BATCHED,
  async (stage) => {
    const { lb, phone, destination } = stage;
    const servers = [destination.answers(200), destination.answers(200)];
    await lb.dispatches(
      "servers",
      "round-robin",
      servers,
      {},
      {
        routes: [
          { method: "INVITE", redirect: { status: 301, reason: "Moved Temporarily", set: "servers" } },
          { reject: { status: 404 } },
        ],
      },
    );
    const contacts: string[] = [];
    for (let i = 0; i < 4; i++) {
      const call = await phone.invites(`sip:bob${i}@example.com;user=phone`);
      const answer = call.responses.at(-1)!;
      assert.deepEqual([call.status, answer.reason], [301, "Moved Temporarily"]);
      contacts.push(headerOf(answer, "contact"));
    }
    for (const [at, server] of servers.entries())
      assert.equal(
        contacts.filter((one) => one.includes(server.uri.slice(4))).length,
        2,
        `destination ${at}: ${contacts}`,
      );
    assert.match(contacts[0] ?? "", /^<sip:bob0@127\.0\.0\.1:\d+>$/);
    assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 404);
  },
);
