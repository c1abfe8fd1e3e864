// Conditions of routes cannot be got round by another spelling of the same URI (RFC 3261 19.1.4).
import assert from "node:assert/strict";
import { test } from "node:test";
import { configOf } from "../control/testing/config.ts";
import { explain } from "./explain.ts";
import { shortMessage } from "./message-text.ts";
import { setStage } from "./stage.ts";

const SOURCE = "192.0.2.7:5060";

/** Which of two routes a request takes: the one with these conditions, or the one behind it. */
function isBarred(conditions: object, requestUri: string): boolean {
  const config = configOf({
    listeners: ["udp://10.9.9.1:5060"],
    sets: { media: { destinations: ["sip:10.0.0.1:5060"] } },
    routes: [{ ...conditions, reject: { status: 403 } }, { set: "media" }],
  });
  const stage = setStage(config, null, new Map());
  if (!("snapshot" in stage)) throw new Error(stage.join("; "));
  const message = shortMessage({ method: "INVITE", requestUri, to: requestUri, source: SOURCE });
  const answer = explain(config, stage, message, { source: SOURCE, isLive: false });
  if (typeof answer === "string") throw new Error(answer);
  return JSON.stringify(answer).includes("403");
}

test("users are barred however their letters and digits are written", () => {
  for (const user of ["0049123", "%30%3049123", "0%3049123"])
    for (const conditions of [
      { match: { "request-uri.user": { prefix: "00" } } },
      { match: { "request-uri.user": "^00\\d+$" } },
      { match: { "{to.user}@{to.host}": { is: "0049123@example.com" } } },
      { match: { "request-uri": { is: "sip:0049123@example.com" } } },
      { request_uri: "00*@*" },
      { to: "0049*@example.com" },
    ])
      assert.ok(isBarred(conditions, `sip:${user}@example.com`), `${user} ${JSON.stringify(conditions)}`);
});

test("a number is barred with its plus and with an escaped one; whole URIs with these are two, and what divides stays escaped", () => {
  for (const conditions of [
    { match: { "request-uri.user": { prefix: "+49" } } },
    { match: { "to.user": "^\\+49" } },
    { request_uri: "+49*@*" },
    { match: { "request-uri.param:phone-context": { is: "+1" } } },
  ])
    for (const uri of ["sip:+49@example.com;phone-context=+1", "sip:%2b49@example.com;phone-context=%2B1"])
      assert.ok(isBarred(conditions, uri), `${uri} ${JSON.stringify(conditions)}`);
  assert.ok(!isBarred({ match: { "request-uri": { is: "sip:+49@example.com" } } }, "sip:%2B49@example.com"));
  assert.ok(!isBarred({ match: { "request-uri.user": { is: "a@b" } } }, "sip:a%40b@example.com"));
});

test("hosts are barred in capitals and with a last dot, however the condition is written", () => {
  for (const host of ["internal.example", "INTERNAL.example", "internal.example.", "Internal.Example."])
    for (const conditions of [
      { match: { "request-uri.host": { is: "internal.example" } } },
      { match: { "request-uri.host": { is: "Internal.example." } } },
      { match: { "to.host": { prefix: "INTERNAL" } } },
      { match: { "to.host": "^Internal\\.example$" } },
      { request_uri: "internal.example" },
      { request_uri: "*@internal.example." },
    ])
      assert.ok(isBarred(conditions, `sip:1@${host}`), `${host} ${JSON.stringify(conditions)}`);
  assert.ok(!isBarred({ match: { "request-uri.host": { is: "internal.example" } } }, "sip:1@internal.example.org"));
});
