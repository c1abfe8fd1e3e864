// What we send by ourselves because of an answer is no longer than a datagram, whatever stands in the answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_DATAGRAM } from "../net/batch.ts";
import { Rig } from "./rig-fake.ts";
import { kind, request, response } from "./rig-message.ts";

test("an answer whose To is as long as a datagram gets no ACK that is longer than one, and reaches the caller", () => {
  const rig = new Rig({ stateful: true });
  const [invite] = rig.receive(request("INVITE", { fromTag: "f".repeat(25_000) }));
  const plain = response(invite!.text, 486, "t".repeat(64_000)).replace(
    /\r\nFrom: [^\r]*/,
    "\r\nFrom: <sip:a@b>;tag=f",
  );
  assert.ok(plain.length <= MAX_DATAGRAM);
  for (let i = 0; i < 60; i++) {
    const left = rig.receive(plain, invite!.to);
    for (const { text } of left) assert.ok(text.length <= MAX_DATAGRAM, `${kind(text)} of ${text.length} bytes`);
    if (i === 0)
      assert.deepEqual(
        left.map(({ text }) => kind(text)),
        ["486"],
      );
  }
  const [other] = rig.receive(request("INVITE", { call: "usual" }));
  assert.deepEqual(
    rig.receive(response(other!.text, 486), other!.to).map(({ text }) => kind(text)),
    ["ACK", "486"],
  );
});
