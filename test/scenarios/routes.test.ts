import assert from "node:assert/strict";
import { headerOf } from "../../src/ua/parsed-message.ts";
import { configuredSet } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";
import { holds } from "../kit/wait.ts";

scenario("routes choose by method, request URI and source; the first that matches wins", async (stage) => {
  const { lb, phone, destination } = stage;
  const [media, registrar, office] = [destination.answers(200), destination.answers(200), destination.answers(200)];
  await lb.runs({
    sets: {
      media: await configuredSet("round-robin", [media]),
      registrars: await configuredSet("round-robin", [registrar]),
      office: await configuredSet("round-robin", [office]),
    },
    routes: [
      { method: "REGISTER", set: "registrars" },
      { request_uri: "*@office.example.com", set: "office" },
      { request_uri: "moved@*", redirect: { status: 302, contact: "sip:new@example.net" } },
      { source: "127.0.0.5/32", reject: { status: 403, reason: "Not From There" } },
      { method: ["MESSAGE", "PUBLISH"], drop: true },
      { set: "media" },
    ],
  });
  assert.equal(await phone.requests("REGISTER", "sip:office.example.com"), 200);
  assert.equal(registrar.heard().length, 1);
  assert.equal((await phone.invites("sip:bob@Office.Example.COM")).status, 200);
  assert.equal(office.heard("INVITE").length, 1);
  const moved = await phone.invites("sip:moved@example.com");
  assert.equal(moved.status, 302);
  assert.match(headerOf(moved.responses.at(-1)!, "contact"), /sip:new@example\.net/);
  const refused = await phone.another({ address: "127.0.0.5" });
  const call = await refused.invites("sip:bob@example.com");
  assert.equal(call.status, 403);
  assert.equal(call.responses.at(-1)?.reason, "Not From There");
  const silent = await phone.another();
  void silent.requests("MESSAGE", "sip:bob@example.com");
  await holds("silence", () => silent.received().length === 0, 200);
  assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
  assert.equal(media.heard("INVITE").length, 1);
});

scenario("a request that no route wants is refused", async ({ lb, phone, destination }) => {
  const server = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server], {}, { routes: [{ method: "REGISTER", set: "1" }] });
  const { status } = await phone.invites("sip:bob@example.com");
  assert.ok(status >= 400 && status < 500, String(status));
  assert.equal(server.requests().length, 0);
});
