// RFC 3325 5: an asserted identity is worth something because nobody outside can send one.
import assert from "node:assert/strict";
import { headerOf, type ParsedMessage } from "../../src/ua/parsed-message.ts";
import { field } from "../../src/ua/request-builder.ts";
import { answering } from "../kit/destination.ts";
import { scenario } from "../kit/scenario.ts";

const ADMIN = "<sip:admin@lb.test>";
const SPELLINGS = [
  field("P-Asserted-Identity", ADMIN),
  field("p-asserted-identity ", ADMIN),
  field("P-ASSERTED-IDENTITY\t", ADMIN),
  field("P-Asserted-Identity", `\r\n ${ADMIN}`),
  field("P-Asserted-Identity \t", `\r\n\t${ADMIN},\r\n  <tel:+1>`),
];

function vouches(request: ParsedMessage | undefined): boolean {
  return /asserted|admin/i.test(request!.raw.toString("latin1"));
}

for (const forwarding of ["stateful", "stateless"] as const) {
  scenario(`what a stranger asserts about an identity reaches nobody (${forwarding})`, async (stage) => {
    const { lb, phone, destination } = stage;
    const server = destination.answers(200);
    const protection = { protected_headers: ["P-Asserted-Identity", "X-Account"], forwarding };
    await lb.dispatches(1, "hash-call-id", [server], {}, protection);
    for (const [i, spelled] of SPELLINGS.entries()) {
      const headers = [field("P-Asserted-Identity", "<sip:other@lb.test>"), spelled, field("X-Kept", "yes")];
      assert.equal(await phone.requests("MESSAGE", "sip:bob@example.com", { headers }), 200);
      const got = server.heard("MESSAGE")[i];
      assert.ok(!vouches(got), got!.raw.toString("latin1"));
      assert.equal(headerOf(got!, "x-kept"), "yes");
    }
    await lb.untilMetric("protected_headers_removed_total", 2 * SPELLINGS.length);
    const headers = [...SPELLINGS, field("x-account ", "7")];
    const { session, status } = await phone.invites("sip:bob@example.com", { headers });
    assert.equal(status, 200);
    const [invite] = server.requests("INVITE");
    assert.ok(!vouches(invite));
    assert.equal(headerOf(invite!, "x-account"), "");
    const { callId, local, remote, routes, remoteTarget } = session.dialog;
    const inside = { callId, from: local, to: remote, cseq: 20, routes, headers };
    assert.equal(await phone.requests("INFO", remoteTarget, inside), 200);
    assert.ok(!vouches(server.requests("INFO")[0]));
  });

  scenario(`destinations and trusted sources assert identities, until a reload (${forwarding})`, async (stage) => {
    const { lb, phone, destination } = stage;
    const server = destination(answering(200), { proxy: lb.address });
    const callee = destination.answers(200);
    const headers = [field("P-Asserted-Identity", ADMIN)];
    await lb.dispatches(1, "hash-call-id", [server], {}, { trusted: ["127.0.0.0/8"], forwarding });
    assert.equal(await phone.requests("MESSAGE", "sip:bob@example.com", { headers }), 200);
    assert.ok(vouches(server.heard("MESSAGE")[0]));
    await lb.dispatches(1, "hash-call-id", [server], {}, { trusted: ["192.0.2.0/24"], forwarding });
    assert.equal(await phone.requests("MESSAGE", "sip:bob@example.com", { headers }), 200);
    assert.ok(!vouches(server.heard("MESSAGE")[1]));
    await callee.opened;
    assert.equal((await server.agent.request("MESSAGE", callee.uri, { headers }))?.status, 200);
    assert.ok(vouches(callee.heard("MESSAGE")[0]));
  });
}

const EDGES = [
  ["udp", "udp", "stateful"],
  ["tcp", "udp", "stateful"],
  ["udp", "tcp", "stateful"],
  ["udp", "udp", "stateless"],
  ["tcp", "tcp", "stateless"],
] as const;

for (const [near, far, forwarding] of EDGES) {
  scenario(
    `a registered phone (${near}) asserts nothing in its answers, a destination (${far}) does (${forwarding})`,
    async (stage) => {
      const { lb } = stage;
      const headers = [field("P-Asserted-Identity", ADMIN), field("X-Kept", "yes")];
      const registrar = stage.destination((transaction) => transaction.respond(200, { headers }), {
        transport: far,
        proxy: lb.address,
      });
      const own = `127.0.0.1:${lb.address.port}`;
      const routes = [{ set: "1", path: "always", method: "REGISTER" }, { set: "1" }];
      const rest = { forwarding, routes, listeners: [`udp://${own}`, `tcp://${own}`] };
      await lb.dispatches(1, "hash-call-id", [registrar], {}, rest);
      const phone = await stage.phone.another({
        transport: near,
        onRequest: (transaction) => transaction.respond(200, { headers }),
      });
      const registered = await phone.agent.request("REGISTER", "sip:example.com", {
        headers: [field("Contact", phone.agent.contact)],
      });
      assert.equal(registered?.status, 200);
      assert.ok(vouches(registered));
      const routeSet = [headerOf(registrar.heard("REGISTER")[0]!, "path")];
      const answer = await registrar.agent.request("MESSAGE", "sip:phone@example.com", { routes: routeSet });
      assert.equal(answer?.status, 200);
      assert.ok(!vouches(answer), answer?.raw.toString("latin1"));
      assert.equal(headerOf(answer!, "x-kept"), "yes");
      await lb.untilMetric("protected_headers_removed_total", 1);
    },
  );
}

for (const forwarding of ["stateful", "stateless"] as const) {
  scenario(
    `a stranger's protected headers lead nowhere and get through under no other name (${forwarding})`,
    async (stage) => {
      const { lb, phone, destination } = stage;
      const [usual, vip] = [destination.answers(200), destination.answers(200)];
      await Promise.all([usual.opened, vip.opened]);
      const of = (uri: string) => ({ algorithm: "hash-call-id", destinations: [uri] });
      const named = { headers: { set: { "X-Caller": "{header:P-Asserted-Identity}" } } };
      const config = {
        sets: { usual: of(usual.uri), vip: of(vip.uri) },
        routes: [
          { match: { "header:X-Account": { is: "vip" } }, set: "vip", ...named },
          { set: "usual", ...named },
        ],
        protected_headers: ["P-Asserted-Identity", "X-Account"],
        forwarding,
      };
      const headers = [field("P-Asserted-Identity", ADMIN), field("x-account ", "vip")];
      for (const [trusted, server, caller] of [
        [[], usual, ""],
        [["127.0.0.0/8"], vip, ADMIN],
      ] as const) {
        await lb.runs({ ...config, trusted });
        assert.equal(await phone.requests("MESSAGE", "sip:bob@example.com", { headers }), 200);
        assert.deepEqual(
          server.heard("MESSAGE").map((request) => headerOf(request, "x-caller")),
          [caller],
        );
      }
      assert.ok(!vouches(usual.heard("MESSAGE")[0]));
    },
  );
}
