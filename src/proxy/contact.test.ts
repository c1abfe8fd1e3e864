// Contact repair: what knows no Path finds a phone behind NAT by the flow that we wrote into its Contact, and nobody else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionWord, flowWord } from "../bridge/way-back.ts";
import { CALLER, destinationAt, Rig } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

const KEY = Buffer.alloc(16, 1);
const REGISTRAR = destinationAt(0);
const PHONE = "198.51.100.9:40000";
const OVER = { word: connectionWord(7, 3) };
const REPAIRS = { keys: [KEY], repairsContact: true };

function register(contact: string, more = ""): string {
  return request("REGISTER", { caller: "192.168.1.5:5060", more }).replace(/Contact: .*\r\n/, `${contact}\r\n`);
}

/** The Contact with which a registration leaves. */
function repaired(rig: Rig, contact: string, more = "", from = PHONE): string {
  const [left] = rig.receive(register(contact, more), from);
  return header(left!.text, "Contact") || header(left!.text, "m");
}

test("the Contact of a phone behind NAT gets its flow, inside the URI, whatever stands around it", () => {
  const flow = ";flow=fl\\.[\\w-]+";
  for (const [contact, wanted] of [
    ["Contact: <sip:a@192.168.1.5>", `<sip:a@192\\.168\\.1\\.5${flow}>`],
    ["Contact: <sip:a@192.168.1.5:5060;ob>;expires=9", `<sip:a@192\\.168\\.1\\.5:5060;ob${flow}>;expires=9`],
    [
      'Contact: "A, B" <sip:a@h.invalid;transport=ws?x=y>;q=1',
      `"A, B" <sip:a@h\\.invalid;transport=ws${flow}\\?x=y>;q=1`,
    ],
    ["m: sip:a@192.168.1.5:5060;expires=9", `<sip:a@192\\.168\\.1\\.5:5060${flow}>;expires=9`],
    ["Contact: <sip:a@198.51.100.9:5060>", `<sip:a@198\\.51\\.100\\.9:5060${flow}>`],
  ] as const)
    assert.match(repaired(new Rig(REPAIRS), contact), new RegExp(`^${wanted}$`));
});

test("what is true, several, somebody else's, or not ours to repair stays as it is", () => {
  const proxied = "Via: SIP/2.0/UDP 192.168.1.4;branch=z9hG4bKp\r\n";
  for (const [contact, more, from] of [
    ["Contact: <sip:a@198.51.100.9:40000>", "", PHONE],
    ["Contact: <sip:a@192.168.1.5>, <sip:b@192.168.1.5>", "", PHONE],
    ["Contact: *", "Expires: 0\r\n", PHONE],
    ["Contact: <tel:+15551234>", "", PHONE],
    ["Contact: <sip:a@192.168.1.5;flow=fl.AAAA>", "", PHONE],
    ["Contact: <sip:a@192.168.1.5>", proxied, PHONE],
    ["Contact: <sip:a@192.168.1.5>", "", "203.0.113.7:40000"],
  ] as const) {
    const rig = new Rig({ ...REPAIRS, trusted: ["203.0.113.7"] });
    assert.equal(repaired(rig, contact, more, from), contact.slice(9), contact);
    assert.equal(rig.counter("contacts_repaired"), 0);
  }
  assert.doesNotMatch(repaired(new Rig({ keys: [KEY] }), "Contact: <sip:a@192.168.1.5>"), /flow/);
});

test("a request to that Contact goes over the flow, for destinations only, and only if the token verifies", () => {
  const uri = /<(.*)>/.exec(repaired(new Rig(REPAIRS), "Contact: <sip:a@192.168.1.5>"))![1]!;
  const invite = (call: number, to = uri, more = ""): string =>
    request("INVITE", { call, uri: to, caller: REGISTRAR, more });
  const rig = new Rig({ keys: [KEY] });
  const [left] = rig.receive(invite(10), REGISTRAR);
  assert.deepEqual([kind(left!.text), left!.to], ["INVITE", PHONE]);
  assert.match(header(left!.text, "Record-Route"), /;fl=/);
  const [forged] = rig.receive(invite(11, uri.replace("fl.", "fl.A")), REGISTRAR);
  assert.equal(kind(forged!.text), "403");
  // A stranger's goes where the routes say, like any other request.
  const [stranger] = rig.receive(invite(12).replace(REGISTRAR, CALLER), CALLER);
  assert.equal(stranger!.to, REGISTRAR);
  const [routed] = rig.receive(invite(13, uri, "Route: <sip:203.0.113.9;lr>\r\n"), REGISTRAR);
  assert.equal(routed!.to, "203.0.113.9:5060");
});

test("over a stream it is the very connection, and 430 when that is gone", () => {
  const rig = new Rig(REPAIRS);
  rig.opens(OVER, 55);
  const [left] = rig.receive(register("Contact: <sip:a@192.168.1.5>").replace("/UDP", "/TCP"), PHONE, OVER);
  const uri = /<(.*)>/.exec(header(left!.text, "Contact"))![1]!;
  const [call] = rig.receive(request("INVITE", { call: 10, uri, caller: REGISTRAR }), REGISTRAR);
  assert.deepEqual([call!.to, call!.word], [PHONE, flowWord(OVER.word)]);
  rig.opens(OVER, 56);
  const [failed] = rig.receive(request("INVITE", { call: 11, uri, caller: REGISTRAR }), REGISTRAR);
  assert.equal(kind(failed!.text), "430");
});

test("a phone with a repaired Contact is kept open like one with a Path", () => {
  const rig = new Rig({ ...REPAIRS, keepAlive: { interval: 30_000, kind: "crlf", flows: 10 } });
  const [left] = rig.receive(register("Contact: <sip:a@192.168.1.5>"), PHONE);
  const bound = `Contact: ${header(left!.text, "Contact")};expires=600\r\n`;
  rig.receive(response(left!.text, 200).replace("Content-Length", `${bound}Content-Length`), REGISTRAR);
  assert.deepEqual(
    rig.pass(30_000).map(({ text, to }) => [text, to]),
    [["\r\n\r\n", PHONE]],
  );
});

test("a repetition carries the same Contact", () => {
  const rig = new Rig(REPAIRS);
  rig.receive(register("Contact: <sip:a@192.168.1.5>"), PHONE);
  rig.pass(1000);
  const contacts = rig.left.map(({ text }) => header(text, "Contact"));
  assert.ok(contacts.length > 1);
  assert.equal(new Set(contacts).size, 1);
});

/** A registrar's call to the phone, which answers with this Contact line (and others); the answer that the registrar gets. */
function answered(rig: Rig, contact: string, more = "", status = 200, from = PHONE): string {
  const uri = /<(.*)>/.exec(repaired(rig, "Contact: <sip:a@192.168.1.5>"))![1]!;
  const [call] = rig.receive(request("INVITE", { call: 20, uri, caller: REGISTRAR }), REGISTRAR);
  const plain = response(call!.text, status);
  const text = more === "" ? plain : plain.replace("Record-Route:", `${more}Record-Route:`);
  const left = rig.receive(text.replace("Content-Length", `${contact}\r\nContent-Length`), from);
  return left.find(({ text: each }) => kind(each) === String(status))!.text;
}

test("the Contact of a phone that answers gets its flow, too, and later requests to it find the phone", () => {
  for (const status of [180, 183, 200]) {
    const rig = new Rig(REPAIRS);
    const contact = header(answered(rig, "Contact: <sip:a@192.168.1.5:5062;ob>", "", status), "Contact");
    assert.match(contact, /^<sip:a@192\.168\.1\.5:5062;ob;flow=fl\.[\w-]+>$/);
    const later = request("INVITE", { call: 21, uri: /<(.*)>/.exec(contact)![1]!, caller: REGISTRAR });
    assert.equal(rig.receive(later, REGISTRAR)[0]!.to, PHONE);
    assert.equal(rig.counter("contacts_repaired"), 2);
  }
});

test("in an answer, too, what is true, several, not of a dialog, or from behind another proxy stays as it is", () => {
  const proxied = "Record-Route: <sip:192.168.1.4;lr>\r\n";
  for (const [contact, more, status] of [
    ["Contact: <sip:a@198.51.100.9:40000>", "", 200],
    ["Contact: <sip:a@192.168.1.5>, <sip:b@192.168.1.5>", "", 200],
    ["Contact: <sip:a@192.168.1.5;flow=fl.AAAA>", "", 200],
    ["Contact: <sip:elsewhere@192.168.1.5>", "", 302],
    ["Contact: <sip:a@192.168.1.5>", proxied, 200],
  ] as const)
    assert.equal(header(answered(new Rig(REPAIRS), contact, more, status), "Contact"), contact.slice(9), contact);
  const trusting = new Rig(REPAIRS);
  const [call] = trusting.receive(request("INVITE", { call: 30 }));
  const text = response(call!.text, 200).replace("Content-Length", "Contact: <sip:a@10.0.0.1>\r\nContent-Length");
  const left = trusting.receive(text, REGISTRAR);
  assert.equal(header(left[0]!.text, "Contact"), "<sip:a@10.0.0.1>", "a destination's");
});
