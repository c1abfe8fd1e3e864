// Real messages with random damage, through the whole loop: nothing throws, nothing leaves for anybody but the neighbours,
// and what leaves can be read in one way only.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fc, runs } from "../../test/kit/property.ts";
import { CALLER, destinationAt, type Left, Rig } from "./rig-fake.ts";
import { header, request, response } from "./rig-message.ts";

const DESTINATIONS = 3;
const NEIGHBOURS = [CALLER, ...Array.from({ length: DESTINATIONS }, (_, slot) => destinationAt(slot))];
const PIECES = [
  "\r\n",
  "\r",
  "\n",
  "\0",
  ",",
  ";",
  '"',
  "<",
  ">",
  "@",
  ":",
  " ",
  "\t",
  "\\",
  "%",
  "[",
  "]",
  "99999999999",
];

const damage = fc.oneof(
  fc.record({ kind: fc.constant("insert" as const), at: fc.nat(2000), piece: fc.constantFrom(...PIECES) }),
  fc.record({ kind: fc.constant("cut" as const), at: fc.nat(2000), length: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ kind: fc.constant("byte" as const), at: fc.nat(2000), to: fc.nat(255) }),
  fc.record({ kind: fc.constant("line" as const), from: fc.nat(12), to: fc.nat(12) }),
  fc.record({ kind: fc.constant("end" as const), at: fc.nat(2000) }),
);
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function damaged(text: string, one: Damage): string {
  if (one.kind === "line") {
    const lines = text.split("\r\n");
    lines.splice(one.to % lines.length, 0, lines[one.from % lines.length]!);
    return lines.join("\r\n");
  }
  const at = one.at % Math.max(text.length, 1);
  if (one.kind === "insert") return text.slice(0, at) + one.piece + text.slice(at);
  if (one.kind === "cut") return text.slice(0, at) + text.slice(at + one.length);
  if (one.kind === "byte") return text.slice(0, at) + String.fromCharCode(one.to) + text.slice(at + 1);
  return text.slice(0, at);
}

function isSound({ text }: Left): boolean {
  const end = text.indexOf("\r\n\r\n");
  const head = text.slice(0, end + 2);
  if (end < 0 || /\r(?!\n)|(?<!\r)\n/.test(head) || head.replaceAll("\\\0", "").includes("\0")) return false;
  const lengths = [...head.matchAll(/\r\n(?:Content-Length|l)[ \t]*:[ \t]*(?:\r\n[ \t]+)?(\d+)/gi)];
  return lengths.length <= 1 && (lengths.length === 0 || Number(lengths[0]![1]) === text.length - end - 4);
}

for (const stateful of [true, false]) {
  test(`damaged messages harm nobody [${stateful ? "stateful" : "stateless"}]`, { timeout: 60_000 }, () => {
    const rig = new Rig({ destinations: DESTINATIONS, stateful, algorithm: "hash-call-id" });
    let call = 0;
    fc.assert(
      fc.property(fc.nat(6), fc.array(damage, { minLength: 1, maxLength: 3 }), (which, all) => {
        call++;
        const spoil = (text: string): string => all.reduce(damaged, text);
        const [invite] = rig.receive(request("INVITE", { call }));
        const more = `Route: ${header(invite!.text, "Record-Route")}\r\n`;
        if (which === 0) rig.receive(spoil(request("INVITE", { call, cseq: 2 })));
        else if (which === 1) rig.receive(spoil(response(invite!.text, 200)), invite!.to);
        else if (which === 2) rig.receive(spoil(response(invite!.text, 486)), invite!.to);
        else if (which === 3) rig.receive(spoil(request("CANCEL", { call })));
        else if (which === 4) rig.receive(spoil(request("BYE", { call, cseq: 2, toTag: "t", more })));
        else if (which === 5) rig.receive(spoil(request("ACK", { call, toTag: "t", more })));
        else rig.receive(spoil(request("OPTIONS", { call })), "203.0.113.5:1234");
        if (call % 50 === 0) rig.pass(120_000, 500);
        for (const one of rig.left) {
          const isKnown = NEIGHBOURS.includes(one.to) || one.to.startsWith("203.0.113.5:");
          // An answer goes to the port of a Via without rport, at the address that the request came from.
          assert.ok(isKnown || one.to.startsWith("192.0.2.3:"), `to ${one.to}:\n${one.text}`);
          assert.ok(isSound(one), JSON.stringify(one.text));
        }
        rig.left.length = 0;
      }),
      { numRuns: runs(2000) },
    );
    rig.pass(300_000, 100);
    rig.pass(3 * 3_600_000, 60_000);
    assert.equal(rig.held(), "");
  });
}
