// Moving a request on to the next destination, and what becomes of the branch that was left behind.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Adopted } from "./adopted.ts";
import { CALLER, destinationAt, type Left, Rig, type RigOptions } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

const brief = (left: readonly Left[]): string[] => left.map(({ text, to }) => `${kind(text)} ${to}`);
const requests = (left: readonly Left[], method: string): readonly Left[] =>
  left.filter(({ text }) => kind(text) === method);

/** A call whose first destination has been silent for `answer_within`: both INVITEs. */
function abandoned(options: RigOptions = {}): { rig: Rig; first: Left; second: Left } {
  const rig = new Rig({ destinations: 2, ...options });
  const [first] = rig.receive(request("INVITE"));
  const second = requests(rig.pass(2100), "INVITE").find(({ to }) => to !== first!.to);
  assert.ok(second !== undefined, "no failover");
  return { rig, first: first!, second };
}

test("no response at all within answer_within: the next destination, with another branch", () => {
  const { rig, first, second } = abandoned();
  assert.ok(second.at >= 2000 && second.at <= 2040, `after ${second.at} ms`);
  assert.notEqual(header(first.text, "Via"), header(second.text, "Via"));
  const toFirst = rig.left.filter(({ text, to }) => kind(text) === "INVITE" && to === first.to);
  assert.equal(toFirst.length, 3);
  assert.deepEqual(requests(rig.left, "CANCEL"), []);
  rig.pass(20_000);
  assert.equal(rig.left.filter(({ text, to }) => kind(text) === "INVITE" && to === first.to).length, 3);
  assert.equal(rig.counter("failovers_timeout"), 1);
  assert.equal(rig.context.live.load(0) + rig.context.live.load(1), 1);
});

test("a 100 is a response: no failover after it", () => {
  const rig = new Rig({ destinations: 2 });
  const [invite] = rig.receive(request("INVITE"));
  rig.receive(response(invite!.text, 100), invite!.to);
  rig.pass(20_000);
  assert.equal(requests(rig.left, "INVITE").length, 1);
});

test("the abandoned branch is cancelled at its first provisional, and its 487 only acknowledged", () => {
  const { rig, first, second } = abandoned();
  assert.deepEqual(brief(rig.receive(response(first.text, 180), first.to)), [`CANCEL ${first.to}`]);
  assert.deepEqual(rig.receive(response(first.text, 180), first.to), []);
  assert.deepEqual(brief(rig.receive(response(first.text, 487), first.to)), [`ACK ${first.to}`]);
  assert.deepEqual(brief(rig.receive(response(second.text, 200), second.to)), [`200 ${CALLER}`]);
});

test("the 487 to a CANCEL of ours is no answer for a caller that has not cancelled", () => {
  const end = (status: number): string[] => {
    const { rig, first, second } = abandoned();
    rig.receive(response(first.text, 180), first.to);
    rig.receive(response(first.text, 487), first.to);
    if (status > 0) rig.receive(response(second.text, status), second.to);
    else rig.pass(64_000);
    return brief(rig.left.filter(({ to }) => to === CALLER)).slice(-1);
  };
  assert.deepEqual([500, 503, 0].map(end), [[`500 ${CALLER}`], [`500 ${CALLER}`], [`408 ${CALLER}`]]);
  const { rig, first, second } = abandoned();
  rig.receive(response(first.text, 180), first.to);
  rig.receive(response(second.text, 180), second.to);
  rig.receive(request("CANCEL"));
  rig.receive(response(first.text, 487), first.to);
  assert.equal(brief(rig.receive(response(second.text, 487), second.to)).at(-1), `487 ${CALLER}`);
});

test("the abandoned branch's late 2xx is passed on, before and after the other's", () => {
  for (const isFirst of [true, false]) {
    const { rig, first, second } = abandoned();
    if (!isFirst) assert.deepEqual(brief(rig.receive(response(second.text, 200, "b"), second.to)), [`200 ${CALLER}`]);
    const left = rig.receive(response(first.text, 200, "a"), first.to);
    assert.equal(brief(left).at(-1), `200 ${CALLER}`);
    assert.match(left.at(-1)!.text, /;tag=a\r\n/);
    if (isFirst) {
      // The other one has not answered anything: it is cancelled when it does.
      assert.deepEqual(brief(rig.receive(response(second.text, 180), second.to)), [`CANCEL ${second.to}`]);
    }
    rig.pass(4 * 3_600_000, 1000);
    assert.equal(rig.held(), "");
  }
});

test("what an abandoned branch answers late does not count beside its silence: a destination that is always too late fails always", () => {
  for (const [method, status] of [
    ["INVITE", 486],
    ["INVITE", 200],
    ["REGISTER", 200],
    // Its silence may be that of a phone.
    ["OPTIONS", 200],
  ] as const) {
    const rig = new Rig({ destinations: 2 });
    const [first] = rig.receive(request(method));
    const second = requests(rig.pass(2100), method).find(({ to }) => to !== first!.to)!;
    rig.receive(response(first!.text, status), first!.to);
    rig.receive(response(second.text, 200), second.to);
    const slot = first!.to === destinationAt(0) ? 0 : 1;
    const outcome = (of: number) =>
      (["new_unanswered", "new_answered", "new_failed"] as const).map((name) => rig.context.live.counter(of, name));
    assert.deepEqual(outcome(slot), [method === "OPTIONS" ? 0 : 1, 0, 0], `${method}, then ${status}`);
    assert.deepEqual(outcome(1 - slot), [0, 1, 0]);
  }
});

test("each configured code moves on; others are the caller's; after a 18x nothing moves", () => {
  for (const [status, moves] of [
    [503, true],
    [500, true],
    [486, false],
    [401, false],
    [600, false],
  ] as const) {
    const rig = new Rig({ destinations: 2, failover: { codes: [500, 503] } });
    const [invite] = rig.receive(request("INVITE"));
    const left = rig.receive(response(invite!.text, status), invite!.to);
    assert.deepEqual(
      brief(left).map((one) => one.split(" ")[0]),
      moves ? ["ACK", "INVITE"] : ["ACK", String(status)],
    );
    assert.equal(rig.counter("failovers_code"), moves ? 1 : 0);
    const other = new Rig({ destinations: 2, failover: { codes: [500, 503] } });
    const [again] = other.receive(request("INVITE"));
    other.receive(response(again!.text, 180), again!.to);
    other.receive(response(again!.text, status), again!.to);
    assert.equal(requests(other.left, "INVITE").length, 1, `${status} after a 180`);
  }
});

test("all destinations fail: the best answer, and a 503 becomes the configured answer", () => {
  for (const [statuses, final] of [
    [[503, 503], 500],
    [[500, 503], 500],
    [[503, 500], 500],
    [[503, 404], 404],
  ] as const) {
    const rig = new Rig({ destinations: 2, failover: { codes: [500, 503] } });
    rig.receive(request("INVITE"));
    for (const status of statuses) {
      const last = requests(rig.left, "INVITE").at(-1)!;
      rig.receive(response(last.text, status), last.to);
    }
    const answers = rig.left.filter(({ to }) => to === CALLER);
    assert.deepEqual(brief(answers), [`${final} ${CALLER}`], statuses.join(" "));
    rig.pass(300_000, 100);
    assert.equal(rig.held(), "");
  }
});

test("a reload that brings another set leaves a living call the policy of its own, and one that takes its set loses nothing", () => {
  for (const [isKept, final] of [
    [true, "INVITE"],
    [false, "500"],
  ] as const) {
    const rig = new Rig({ destinations: 2, failover: { codes: [503] } });
    const [invite] = rig.receive(request("INVITE"));
    const { snapshot } = rig.context.adopted;
    const [own] = snapshot.sets;
    const newcomer = { ...own!, index: 1, name: "newcomer", failover: { ...own!.failover, codes: [] } };
    rig.context.adopt(new Adopted({ ...snapshot, generation: 2, sets: isKept ? [newcomer, own!] : [newcomer] }));
    const left = rig.receive(response(invite!.text, 503), invite!.to);
    assert.equal(brief(left).at(-1)?.split(" ")[0], final);
    rig.pass(300_000, 100);
    assert.equal(rig.held(), "");
  }
});

test("when nobody is left the caller gets the answer that the set names, of the configuration in force", () => {
  const unavailable = { status: 480, reason: "Back soon", retryAfter: 7 };
  const rig = new Rig({ failover: { unavailable } });
  const answered = (call: string): string => {
    const [invite] = rig.receive(request("INVITE", { call }));
    const made = mock.method(Buffer, "from");
    const [, answer] = rig.receive(response(invite!.text, 503), invite!.to);
    assert.equal(made.mock.callCount(), 0, "the answer is spelled out when the configuration is taken over");
    made.mock.restore();
    return [answer!.text.split("\r\n")[0], header(answer!.text, "Retry-After"), header(answer!.text, "Server")].join(
      ";",
    );
  };
  assert.equal(answered("first"), "SIP/2.0 480 Back soon;7;");
  const { snapshot } = rig.context.adopted;
  const [own] = snapshot.sets;
  const plain = { ...own!, failover: { ...own!.failover, unavailable: { status: 503, reason: "", retryAfter: 0 } } };
  rig.context.adopted = new Adopted({ ...snapshot, generation: 2, sets: [plain], serverHeader: "lb" });
  assert.equal(answered("second"), "SIP/2.0 503 Service Unavailable;;lb");
});

test("an ICMP error moves on at once; on the last destination it is a 500", () => {
  const rig = new Rig({ destinations: 2 });
  const [first] = rig.receive(request("INVITE"));
  const [second] = rig.refuse(first!);
  assert.equal(kind(second!.text), "INVITE");
  assert.notEqual(second!.to, first!.to);
  assert.deepEqual(rig.refuse(first!), [], "reported twice");
  assert.deepEqual(brief(rig.refuse(second!)), [`500 ${CALLER}`]);
  assert.equal(rig.counter("failovers_transport_error"), 1);
});

test("a non-INVITE moves on, and its answer from the first destination is no longer wanted", () => {
  const rig = new Rig({ destinations: 2 });
  const [first] = rig.receive(request("OPTIONS"));
  const second = requests(rig.pass(2100), "OPTIONS").find(({ to }) => to !== first!.to)!;
  assert.ok(second.at <= 2040);
  assert.deepEqual(brief(rig.receive(response(second.text, 200), second.to)), [`200 ${CALLER}`]);
  assert.deepEqual(rig.receive(response(first!.text, 200), first!.to), []);
});

test("a cancelled call and one within a dialog do not move on", () => {
  const rig = new Rig({ destinations: 2 });
  rig.receive(request("INVITE"));
  rig.receive(request("CANCEL"));
  rig.pass(40_000);
  assert.equal(new Set(requests(rig.left, "INVITE").map(({ to }) => to)).size, 1);
  const other = new Rig({ destinations: 2 });
  const [invite] = other.receive(request("INVITE"));
  other.receive(response(invite!.text, 200), invite!.to);
  other.receive(request("INVITE", { cseq: 2, toTag: "t" }));
  other.pass(40_000);
  assert.equal(new Set(requests(other.left, "INVITE").map(({ to }) => to)).size, 1);
});

test("the next try after a challenge goes to the destination that challenged", () => {
  for (let call = 0; call < 6; call++) {
    const rig = new Rig({ destinations: 3 });
    for (let other = 0; other < call; other++) rig.receive(request("OPTIONS", { call: `other-${other}` }));
    const [invite] = rig.receive(request("INVITE"));
    rig.receive(response(invite!.text, 407), invite!.to);
    rig.receive(request("ACK", { branch: "1-1-INVITE", toTag: "t" }));
    const [again] = rig.receive(request("INVITE", { cseq: 2 }));
    assert.equal(again!.to, invite!.to);
    const elsewhere = rig.receive(request("INVITE", { cseq: 2, fromTag: "stranger", branch: "x" }));
    assert.equal(kind(elsewhere[0]!.text), "INVITE");
  }
});
