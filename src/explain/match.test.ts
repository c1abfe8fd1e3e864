// What `explain` says about routes that match parts of a message, and about those that go from set to set.
import assert from "node:assert/strict";
import { it } from "node:test";
import { configOf } from "../control/testing/config.ts";
import { explain } from "./explain.ts";
import { shortMessage } from "./message-text.ts";
import { setStage } from "./stage.ts";

const CONFIG = {
  listeners: ["udp://10.9.9.1:5060"],
  sets: { media: { destinations: ["sip:10.0.0.1"] }, registrars: { destinations: ["sip:10.0.1.1"] } },
};

it("a pattern that does not fit is told with what the message has there", async () => {
  const match = { "request-uri.user": "^0049", "header:X-A": { not: { is: ["a", "b", "c", "d"] } } };
  const config = configOf({
    ...CONFIG,
    routes: [
      { match, set: "media" },
      { sets: ["media", "registrars"], rewrite_uri: "host" },
    ],
  });
  const stage = setStage(config, null, new Map());
  assert.ok("snapshot" in stage);
  const told = (requestUri: string, headers: string[]) => {
    const form = { method: "INVITE", requestUri, source: "192.0.2.7:5060", headers };
    const answer = explain(config, stage, shortMessage(form), { isLive: false });
    assert.ok(typeof answer !== "string");
    return answer;
  };
  assert.equal(told("sip:0041@x", []).skipped_routes[0]?.why, 'request-uri.user is "0041", and must match ^0049');
  const { skipped_routes: skipped, route } = told("sip:00491@x", ["X-A: b"]);
  assert.equal(skipped[0]?.why, 'header:X-A is "b", and must not be a or b or c or one of 1 more');
  assert.equal(
    route?.action,
    "dispatch to sets media, then registrars, with the destination's host in the request URI",
  );
});

it("a transport is the same in any case, and a URI with user=phone is none of SIP's scheme", () => {
  const match = { "request-uri.transport": { is: "tcp" }, "request-uri.scheme": "^sip$" };
  const config = configOf({ ...CONFIG, routes: [{ match, set: "registrars" }, { set: "media" }] });
  const stage = setStage(config, null, new Map());
  assert.ok("snapshot" in stage);
  const led = (requestUri: string) => {
    const form = { method: "INVITE", requestUri, source: "192.0.2.7:5060", headers: [] };
    const answer = explain(config, stage, shortMessage(form), { isLive: false });
    return typeof answer === "string" ? answer : answer.route?.action;
  };
  assert.equal(led("SIP:a@x;Transport=TCP"), "dispatch to set registrars");
  assert.equal(led("sip:a@x;transport=TCP;user=phone"), "dispatch to set media");
  assert.equal(led("sip:a@x"), "dispatch to set media");
});
