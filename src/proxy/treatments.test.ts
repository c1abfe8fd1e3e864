// A request keeps the treatment that it began with: through repetitions, failover, CANCEL and ACK, whatever a reload brings.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DispatchAction, Treatment } from "../bridge/route-entry.ts";
import { DESTINATION_WORDS, DestinationColumn } from "../bridge/snapshot.ts";
import { translationOf } from "../config/patterns/translation.ts";
import { compileText } from "../control/compile-keys.ts";
import { WITHOUT_TRANSACTIONS } from "./action-fake.ts";
import { Adopted } from "./adopted.ts";
import { Rig } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";
import { Treatments } from "./treatments.ts";

const PLAIN: DispatchAction = { ...WITHOUT_TRANSACTIONS, stateful: true };
const TREATMENT: Treatment = {
  identity: "first",
  failover: null,
  rewritesHost: true,
  translations: [translationOf("^b(.*)$", "x\\1")],
  headers: { remove: ["subject"], add: [{ name: "X-Call", value: compileText("<{call-id}>") }] },
};

const startLine = (text: string): string => text.slice(0, text.indexOf("\r\n"));

/** A rig whose destinations put 1 and 2 in front, under that treatment. */
function treated(): Rig {
  const rig = new Rig({ destinations: 2, failover: { codes: [503] }, action: { ...PLAIN, treatment: TREATMENT } });
  const { snapshot } = rig.context.adopted;
  for (const slot of [0, 1]) snapshot.destinations[slot * DESTINATION_WORDS + DestinationColumn.rewriting] = slot + 1;
  const rewritings = [1, 2].map((digit) => ({ strip: 0, prefix: String(digit), host: `10.0.0.${digit}` }));
  rig.context.adopt(new Adopted({ ...snapshot, generation: 2, rewritings }));
  return rig;
}

/** A reload after which nothing is treated any more. */
function forget(rig: Rig): void {
  const { snapshot } = rig.context.adopted;
  const routes = snapshot.routes.map((route) => ({ ...route, action: PLAIN }));
  rig.context.adopt(new Adopted({ ...snapshot, generation: 3, routes }));
}

test("repetition, CANCEL and ACK have the request URI and headers of their INVITE, also after a reload", () => {
  const rig = treated();
  const [invite] = rig.receive(request("INVITE"));
  const line = startLine(invite!.text);
  assert.match(line, /^INVITE sip:[12]xob@10\.0\.0\.[12] SIP\/2\.0$/);
  forget(rig);
  const [again] = rig.pass(600).filter(({ text }) => kind(text) === "INVITE");
  assert.equal(again!.text, invite!.text, "byte for byte");
  rig.receive(response(invite!.text, 180), invite!.to);
  const cancel = rig.receive(request("CANCEL")).find(({ text }) => kind(text) === "CANCEL");
  assert.equal(startLine(cancel!.text), line.replace("INVITE", "CANCEL"));
  assert.equal(header(cancel!.text, "X-Call"), "");
  const ack = rig.receive(response(invite!.text, 487), invite!.to).find(({ text }) => kind(text) === "ACK");
  assert.equal(startLine(ack!.text), line.replace("INVITE", "ACK"));
  const [fresh] = rig.receive(request("INVITE", { call: "next" }));
  assert.match(startLine(fresh!.text), /^INVITE sip:[12]bob@example\.com /, "what comes after the reload goes by it");
});

test("the next destination gets its own URI, made from the one that came, after a reload as before", () => {
  for (const isReloaded of [false, true]) {
    const rig = treated();
    const [first] = rig.receive(request("INVITE"));
    if (isReloaded) forget(rig);
    const second = rig.receive(response(first!.text, 503), first!.to).find(({ text }) => kind(text) === "INVITE");
    const digits = [first!, second!].map(({ text }) => /^INVITE sip:([12])xob@10\.0\.0\.\1 /.exec(text)?.[1]);
    assert.deepEqual(digits.toSorted(), ["1", "2"]);
    assert.equal(header(second!.text, "X-Call"), header(first!.text, "X-Call"));
  }
});

test("nothing is kept when all is over, and a number is free again when nobody has its treatment", () => {
  const rig = treated();
  const number = rig.context.treatments.numberOf(TREATMENT);
  for (let i = 0; i < 20; i++) {
    const [invite] = rig.receive(request("INVITE", { call: `call-${i}` }));
    const next = rig.receive(response(invite!.text, i % 2 === 0 ? 486 : 503), invite!.to);
    const second = next.find(({ text }) => kind(text) === "INVITE");
    if (second !== undefined) rig.receive(response(second.text, 486), second.to);
  }
  forget(rig);
  rig.pass(300_000, 100);
  assert.equal(rig.held(), "");
  assert.equal(rig.context.store.used, 0);
  forget(rig);
  const other = { ...PLAIN, treatment: { ...TREATMENT, identity: "other", rewritesHost: false } };
  const { snapshot } = rig.context.adopted;
  rig.context.adopt(
    new Adopted({ ...snapshot, routes: snapshot.routes.map((route) => ({ ...route, action: other })) }),
  );
  assert.equal(rig.context.treatments.numberOf(other.treatment), number);
});

test("a reload takes over a thousand translations without reading what they are made of", () => {
  // Each has some 5,000 numbers; to spell them all out keeps a worker from its packets for a third of a second.
  const compiled = translationOf("^(?:00|\\+)100(\\d{3,12})$", "00100\\1");
  let reads = 0;
  const watched = new Proxy(compiled.sets, {
    get: (sets, name) => {
      reads++;
      return Reflect.get(sets, name) as unknown;
    },
  });
  const translations = Array.from({ length: 1000 }, () => ({ ...compiled, sets: watched }));
  const [route] = new Rig().context.adopted.snapshot.routes;
  const treatments = new Treatments();
  for (const rewritesHost of [false, false, true]) {
    const treatment = { ...TREATMENT, identity: String(rewritesHost), rewritesHost, translations };
    treatments.adopt([{ ...route!, action: { ...PLAIN, treatment } }]);
    assert.equal(treatments.at(treatments.numberOf(treatment)).translations.length, 1000);
  }
  assert.equal(reads, 0);
});

test("a request within a dialog keeps its URI and its headers", () => {
  const rig = treated();
  const [invite] = rig.receive(request("INVITE"));
  rig.receive(response(invite!.text, 200), invite!.to);
  const route = header(invite!.text, "Record-Route");
  const [bye] = rig.receive(request("BYE", { cseq: 2, toTag: "t", more: `Route: ${route}\r\n` }));
  assert.match(startLine(bye!.text), /^BYE sip:bob@/);
  assert.doesNotMatch(startLine(bye!.text), /xob/);
  assert.equal(header(bye!.text, "X-Call"), "");
});

test("a To tag that somebody made up goes round no header changes, with transactions or without", () => {
  for (const stateful of [true, false]) {
    const action = { ...PLAIN, stateful, treatment: TREATMENT };
    const rig = new Rig({ stateful, algorithm: "hash-call-id", action });
    for (const method of ["MESSAGE", "INVITE"]) {
      const more = "Subject: as the stranger wrote it\r\n";
      const [sent] = rig.receive(request(method, { call: method, toTag: "bogus", more }));
      assert.equal(
        startLine(sent!.text),
        `${method} sip:bob@example.com SIP/2.0`,
        "the request URI is no business of a route",
      );
      assert.equal(header(sent!.text, "Subject"), "");
      assert.equal(header(sent!.text, "X-Call"), `<${method}>`);
    }
  }
});
