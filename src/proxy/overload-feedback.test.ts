// Overload control by what destinations say (RFC 7339), under the algorithm kamailio:64.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DESTINATION_WORDS, DestinationColumn, type Snapshot } from "../bridge/snapshot.ts";
import { destinationAt, Rig, type RigOptions } from "./rig-fake.ts";
import { header, request, response } from "./rig-message.ts";

const ALL = 100 << 8;
let calls = 0;

function rigOf(limits = ALL, options: RigOptions = {}): Rig {
  const reshape = (snapshot: Snapshot): Snapshot => {
    for (let slot = 0; slot < snapshot.destinationRows; slot++)
      snapshot.destinations[slot * DESTINATION_WORDS + DestinationColumn.shed] = limits;
    return snapshot;
  };
  return new Rig({ destinations: 2, algorithm: "kamailio:64", reshape, ...options });
}

/** Sends a request, which is answered with these parameters in our Via; returns where it went, empty: nowhere. */
function ask(rig: Rig, parameters: (slot: number) => string = () => ""): string {
  const [sent] = rig.receive(request("OPTIONS", { call: `overload-${calls++}` }));
  if (sent === undefined || sent.text.startsWith("SIP/2.0")) return "";
  const slot = sent.to === destinationAt(0) ? 0 : 1;
  const plain = response(sent.text, 200);
  const said = parameters(slot);
  rig.receive(said === "" ? plain : plain.replace(';oc;oc-algo="loss"', said), sent.to);
  return sent.to;
}

/** How many of 200 requests the first destination gets. */
function shareOfFirst(rig: Rig): number {
  let first = 0;
  for (let i = 0; i < 200; i++) if (ask(rig) === destinationAt(0)) first++;
  return first;
}

/** The first destination says this once. */
function firstSays(rig: Rig, said: string): void {
  let isSaid = false;
  for (let i = 0; i < 20 && !isSaid; i++)
    ask(rig, (slot) => {
      isSaid ||= slot === 0;
      return slot === 0 ? said : "";
    });
  assert.ok(isSaid, "the first destination got no request");
}

test("our Via asks for it, and only under this algorithm", () => {
  const [sent] = rigOf().receive(request("OPTIONS"));
  assert.match(
    header(sent!.text, "Via"),
    /^SIP\/2\.0\/UDP 192\.0\.2\.1:5060;branch=z9hG4bK[0-9a-z]+;oc;oc-algo="loss"$/,
  );
  assert.equal(header(sent!.text, "Max-Breadth"), "60");
  const [other] = rigOf(ALL, { algorithm: "kamailio:4" }).receive(request("OPTIONS"));
  assert.doesNotMatch(other!.text, /;oc/);
});

test("a destination is spared exactly the share that it asks for, until its validity is over", () => {
  const rig = rigOf();
  assert.equal(shareOfFirst(rig), 100);
  firstSays(rig, ";oc=100;oc-validity=2000;oc-seq=10.000");
  assert.equal(shareOfFirst(rig), 0);
  rig.pass(2100, 100);
  assert.equal(shareOfFirst(rig), 100);
  firstSays(rig, ';oc=40;oc-validity=60000;oc-seq=11.5;oc-algo="loss"');
  const share = shareOfFirst(rig);
  // Its turn is 200 / (1 + 1 / 0.6) of the time at most.
  assert.ok(share > 60 && share < 85, String(share));
});

test("without oc-validity it is 500 ms; a validity of 0 ends it; what is older or not of us counts for nothing", () => {
  const rig = rigOf();
  firstSays(rig, ";oc=100;oc-seq=20.1");
  assert.equal(shareOfFirst(rig), 0);
  rig.pass(600, 100);
  for (const ignored of [
    ";oc=100;oc-validity=9000",
    ";oc=101;oc-validity=9000;oc-seq=30.0",
    ";oc=;oc-validity=9000;oc-seq=30.0",
    ';oc=100;oc-validity=9000;oc-seq=30.0;oc-algo="rate"',
    ";oc=100;oc-validity=9000;oc-seq=30.x",
  ]) {
    firstSays(rig, ignored);
    assert.equal(shareOfFirst(rig), 100, ignored);
  }
  firstSays(rig, ";oc=90;oc-validity=9000;oc-seq=40.0");
  firstSays(rig, ";oc=0;oc-validity=9000;oc-seq=39.0");
  assert.ok(shareOfFirst(rig) < 40, "what is older than what holds");
  firstSays(rig, ";oc=90;oc-validity=0;oc-seq=41.0");
  firstSays(rig, ";oc=90;oc-validity=9000;oc-seq=40.0");
  assert.equal(shareOfFirst(rig), 100, "what is older than the end");
});

test("a destination that has restarted and counts from lower on is heeded as soon as its last word is over", () => {
  const rig = rigOf();
  firstSays(rig, ";oc=100;oc-validity=2000;oc-seq=900.0");
  rig.pass(2100, 100);
  firstSays(rig, ";oc=100;oc-validity=2000;oc-seq=1.0");
  assert.equal(shareOfFirst(rig), 0);
});

test("nobody behind a destination speaks for it by answering past it", () => {
  const rig = rigOf();
  let asked = 0;
  while (asked < 20) {
    const [sent] = rig.receive(request("OPTIONS", { call: `past-${asked++}` }));
    const said = response(sent!.text, 200).replace(';oc;oc-algo="loss"', ";oc=100;oc-validity=60000;oc-seq=10.0");
    rig.receive(said, "198.51.100.9:5060");
  }
  assert.equal(shareOfFirst(rig), 100);
  firstSays(rig, ";oc=100;oc-validity=60000;oc-seq=10.0");
  assert.equal(shareOfFirst(rig), 0);
});

test("a sequence that is 0 in 32 bits is one as any other", () => {
  const rig = rigOf();
  // 4294967.296 seconds are 2^32 thousandths.
  firstSays(rig, ";oc=90;oc-validity=9000;oc-seq=4294967.296");
  firstSays(rig, ";oc=0;oc-validity=9000;oc-seq=4294967.295");
  assert.ok(shareOfFirst(rig) < 40);
});

test("ocmin and ocmax are the least and the most that can be asked for", () => {
  const rig = rigOf(10 | (50 << 8));
  firstSays(rig, ";oc=100;oc-validity=60000;oc-seq=1.0");
  assert.equal(rig.context.live.shed.shown(0).rate, 50);
  firstSays(rig, ";oc=0;oc-validity=60000;oc-seq=2.0");
  assert.equal(rig.context.live.shed.shown(0).rate, 10);
});

test("when all want to be spared of everything, a new request is refused with 503, and one in a dialog is not", () => {
  const rig = rigOf(ALL, { destinations: 1 });
  const [invite] = rig.receive(request("INVITE", { call: "talking" }));
  rig.receive(response(invite!.text, 200), invite!.to);
  firstSays(rig, ";oc=100;oc-validity=60000;oc-seq=1.0");
  const [refused] = rig.receive(request("OPTIONS", { call: "refused" }));
  assert.match(refused!.text, /^SIP\/2\.0 503 /);
  const [bye] = rig.receive(request("BYE", { call: "talking", cseq: 2, toTag: "t" }));
  assert.equal(bye?.to, destinationAt(0));
});
