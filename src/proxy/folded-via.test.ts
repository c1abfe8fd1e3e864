// A Via whose parameters stand on folded lines: what we take out of it must leave no line of white space behind, which some
// readers take for the end of the headers (then the rest of them is body, and the body is what the sender likes).
import assert from "node:assert/strict";
import { test } from "node:test";
import { CALLER, Rig } from "./rig-fake.ts";
import { request } from "./rig-message.ts";

const FOLDED = [
  "\r\n ;received=198.51.100.9",
  "\r\n ;received=198.51.100.9\r\n ;x=y",
  "\r\n\t;rport\r\n ;x",
  " \r\n ; received=198.51.100.9 \r\n ; rport \r\n ;x=y",
  "\r\n ;rport \r\n ; received = 198.51.100.9",
];

for (const stateful of [true, false]) {
  for (const tail of FOLDED) {
    test(`a Via that ends in ${JSON.stringify(tail)} [${stateful ? "stateful" : "stateless"}]`, () => {
      const rig = new Rig({ stateful });
      const folded = (method: string, uri?: string): string =>
        request(method, uri === undefined ? {} : { uri }).replace(";rport", tail);
      for (const text of [folded("INVITE"), folded("OPTIONS", "foo:bar"), folded("MESSAGE").replace("70", "0")]) {
        const left = rig.receive(text, CALLER);
        assert.equal(left.length, 1);
        const head = left[0]!.text.slice(0, left[0]!.text.indexOf("\r\n\r\n") + 2);
        assert.doesNotMatch(head, /\r\n[ \t]+\r\n/);
        assert.doesNotMatch(head, /198\.51\.100\.9/);
        assert.match(head, /\r\nContent-Length: 0\r\n/);
      }
    });
  }
}
