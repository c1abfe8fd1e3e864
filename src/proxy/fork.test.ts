// Requests that go to several destinations at once (RFC 3261 16.6, 16.7): who gets the call, and what the caller is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { brief, forked, only, parallel } from "./fork-fake.ts";
import { CALLER, destinationAt, type Left } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

test("all destinations get the call at once, each by a branch of its own, and each counts it", () => {
  const { rig, sent } = forked();
  assert.deepEqual(
    brief(sent),
    [0, 1, 2].map((slot) => `INVITE ${destinationAt(slot)}`),
  );
  assert.equal(new Set(sent.map(({ text }) => header(text, "Via"))).size, 3);
  assert.deepEqual(
    [0, 1, 2].map((slot) => rig.context.live.load(slot)),
    [1, 1, 1],
  );
});

test("the first 2xx has the call; who rings is cancelled, who was silent as soon as it rings", () => {
  const { rig, sent } = forked();
  const [first, second, third] = sent as [Left, Left, Left];
  for (const one of [first, second]) {
    assert.deepEqual(brief(rig.receive(response(one.text, 180, one.to), one.to)), [`180 ${CALLER}`]);
  }
  assert.deepEqual(brief(rig.receive(response(second.text, 200, second.to), second.to)).sort(), [
    `200 ${CALLER}`,
    `CANCEL ${first.to}`,
  ]);
  assert.deepEqual(
    [0, 1, 2].map((slot) => rig.context.live.load(slot)),
    [0, 1, 0],
  );
  assert.deepEqual(brief(rig.receive(response(third.text, 180, "late"), third.to)), [`CANCEL ${third.to}`]);
  assert.equal(rig.context.dialogs.count, 2);
  for (const one of [first, third])
    assert.deepEqual(brief(rig.receive(response(one.text, 487, one.to), one.to)), [`ACK ${one.to}`]);
  assert.equal(rig.context.dialogs.count, 1, "the early dialogs of those who lost are over");
  rig.pass(4 * 3_600_000, 1000);
  assert.equal(rig.held(), "");
});

test("a destination that announces hundreds of early dialogs leaves none of them when it fails, alone or among others", () => {
  for (const destinations of [1, 2]) {
    const { rig, sent } = forked({ destinations });
    for (const { text, to } of sent) {
      for (let i = 0; i < 300; i++) rig.receive(response(text, 183, `${to} ${i}`.replaceAll(/\W/g, "-")), to);
    }
    assert.equal(rig.context.dialogs.count, 300 * destinations);
    for (const [i, { text, to }] of sent.entries()) {
      rig.receive(response(text, 486, "busy"), to);
      assert.equal(rig.context.dialogs.count, 300 * (destinations - 1 - i), "those of others stay");
    }
    rig.pass(60_000, 1000);
    assert.equal(rig.held(), "");
  }
});

test("two that answer both reach the caller, and both are counted until they end", () => {
  const { rig, sent } = forked({ destinations: 2 });
  for (const { text, to } of sent) assert.ok(brief(rig.receive(response(text, 200, to), to)).includes(`200 ${CALLER}`));
  assert.deepEqual(
    [0, 1].map((slot) => rig.context.live.load(slot)),
    [1, 1],
  );
  rig.pass(4 * 3_600_000, 1000);
  assert.equal(rig.held(), "");
});

test("failures are kept until the last one: then the caller gets the best, once", () => {
  for (const [statuses, best] of [
    [[486, 404, 500], 404],
    [[500, 486, 503], 486],
    [[503, 302, 404], 302],
    [[480, 401, 486], 401],
    [[503, 503, 503], 500],
  ] as const) {
    const { rig, sent } = forked();
    const answers = statuses.map((status, i) => brief(rig.receive(response(sent[i]!.text, status), sent[i]!.to)));
    assert.deepEqual(answers.slice(0, 2), [[`ACK ${sent[0]!.to}`], [`ACK ${sent[1]!.to}`]], String(statuses));
    assert.deepEqual(answers[2], [`ACK ${sent[2]!.to}`, `${best} ${CALLER}`], String(statuses));
    assert.deepEqual(
      [0, 1, 2].map((slot) => rig.context.live.load(slot)),
      [0, 0, 0],
    );
  }
});

test("the challenges of all who challenge reach the caller in one answer", () => {
  const { rig, sent } = forked();
  const challenged = (i: number, status: number, line: string) =>
    rig.receive(response(sent[i]!.text, status).replace("Content-Length", `${line}\r\nContent-Length`), sent[i]!.to);
  challenged(0, 401, 'WWW-Authenticate: Digest realm="a", nonce="1"');
  challenged(1, 407, 'Proxy-Authenticate: Digest realm="b", nonce="2"');
  const [, answer] = challenged(2, 401, 'WWW-Authenticate: Digest realm="c", nonce="3"');
  assert.equal(kind(answer!.text), "401");
  assert.deepEqual(
    answer!.text.split("\r\n").filter((line) => /authenticate/i.test(line)),
    [
      'WWW-Authenticate: Digest realm="a", nonce="1"',
      'Proxy-Authenticate: Digest realm="b", nonce="2"',
      'WWW-Authenticate: Digest realm="c", nonce="3"',
    ],
  );
  assert.ok(answer!.text.endsWith(`nonce="3"\r\n\r\n`));
  // The next attempt, with all credentials, goes to all of them again.
  rig.receive(request("ACK", { toTag: "t", branch: "1-1-INVITE" }));
  assert.equal(rig.receive(request("INVITE", { cseq: 2 })).length, 3);
});

test("6xx declines for all: the others are cancelled, and the caller gets it when they have ended", () => {
  const { rig, sent } = forked();
  const [first, second, third] = sent as [Left, Left, Left];
  for (const one of [first, second]) rig.receive(response(one.text, 180, one.to), one.to);
  assert.deepEqual(brief(rig.receive(response(third.text, 603), third.to)).sort(), [
    `ACK ${third.to}`,
    `CANCEL ${first.to}`,
    `CANCEL ${second.to}`,
  ]);
  assert.deepEqual(brief(rig.receive(response(first.text, 487), first.to)), [`ACK ${first.to}`]);
  assert.deepEqual(brief(rig.receive(response(second.text, 486), second.to)), [`ACK ${second.to}`, `603 ${CALLER}`]);
});

test("CANCEL ends every branch, and the caller hears 487 when the last one has ended", () => {
  const { rig, sent } = forked({ destinations: 2 });
  for (const { text, to } of sent) rig.receive(response(text, 180, to), to);
  assert.deepEqual(brief(rig.receive(request("CANCEL"))).sort(), [
    `200 ${CALLER}`,
    ...sent.map(({ to }) => `CANCEL ${to}`),
  ]);
  assert.deepEqual(brief(rig.receive(response(sent[0]!.text, 487), sent[0]!.to)), [`ACK ${sent[0]!.to}`]);
  assert.deepEqual(brief(rig.receive(response(sent[1]!.text, 487), sent[1]!.to)), [
    `ACK ${sent[1]!.to}`,
    `487 ${CALLER}`,
  ]);
  rig.pass(4 * 3_600_000, 1000);
  assert.equal(rig.held(), "");
});

test("who is silent keeps nobody else from answering; all silent is 408 when Timer B ends", () => {
  const { rig, sent } = forked({ destinations: 2 });
  rig.receive(response(sent[0]!.text, 486), sent[0]!.to);
  const before = rig.left.length;
  rig.pass(32_200);
  assert.equal(only(rig.left.slice(before), "486").length, 1);
  const other = forked({ destinations: 2 }).rig;
  other.pass(32_200);
  assert.equal(only(other.left, "408").length, 1);
  other.pass(4 * 3_600_000, 1000);
  assert.equal(other.held(), "");
});

test("the network refuses one: the others ring on, and only all refused is an answer of ours", () => {
  const { rig, sent } = forked({ destinations: 2 });
  assert.deepEqual(brief(rig.refuse(sent[0]!)), []);
  assert.deepEqual(brief(rig.refuse(sent[1]!)), [`500 ${CALLER}`]);
});

test("requests other than INVITE fork as well: one 200 to the caller", () => {
  const rig = parallel();
  const sent = rig.receive(request("OPTIONS"));
  assert.equal(sent.length, 3);
  assert.deepEqual(brief(rig.receive(response(sent[0]!.text, 404), sent[0]!.to)), []);
  assert.deepEqual(brief(rig.receive(response(sent[1]!.text, 200), sent[1]!.to)), [`200 ${CALLER}`]);
  assert.deepEqual(brief(rig.receive(response(sent[2]!.text, 200), sent[2]!.to)), []);
});

test("Max-Breadth is shared out among the branches, and 1 of it means one after the other (RFC 5393 5.3.3)", () => {
  const breadths = (more: string, destinations = 3) =>
    forked({ destinations }, { more }).sent.map(({ text }) => header(text, "Max-Breadth"));
  assert.deepEqual(breadths(""), ["20", "20", "20"]);
  assert.deepEqual(breadths("Max-Breadth: 7\r\n"), ["2", "2", "2"]);
  assert.deepEqual(breadths("Max-Breadth: 2\r\n"), ["1", "1"]);
  assert.deepEqual(breadths("Max-Breadth: 1\r\n"), ["1"]);
  const { rig, sent } = forked({ failover: { codes: [486] } }, { more: "Max-Breadth: 1\r\n" });
  assert.deepEqual(brief(rig.receive(response(sent[0]!.text, 486), sent[0]!.to)), [
    `ACK ${destinationAt(0)}`,
    `INVITE ${destinationAt(1)}`,
  ]);
  // A repetition is the same to the byte.
  const { rig: again, sent: copies } = forked({ destinations: 2 }, { more: "Max-Breadth: 9\r\n" });
  assert.deepEqual(
    new Set(only(again.pass(600), "INVITE").map(({ text }) => text)),
    new Set(copies.map(({ text }) => text)),
  );
});

test("no more than max_branches, those that come first in the order; who is full is passed over", () => {
  assert.deepEqual(
    forked({ maxBranches: 2 }).sent.map(({ to }) => to),
    [0, 1].map(destinationAt),
  );
  const rig = parallel({ maxCalls: 1, maxBranches: 2 });
  rig.context.live.reserve(0, 0, 1);
  assert.deepEqual(
    rig.receive(request("INVITE")).map(({ to }) => to),
    [1, 2].map(destinationAt),
  );
});

test("what is about a dialog goes to one destination: an INVITE that replaces, a request with a To tag", () => {
  const more = "Replaces: nobody-knows;to-tag=a;from-tag=b\r\n";
  assert.equal(forked({}, { more }).sent.length, 1);
  assert.equal(forked({}, { toTag: "of-nothing" }).sent.length, 1);
});
