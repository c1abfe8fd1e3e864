// What is left of a Route set behind us (RFC 3261 16.4 and 16.6), however it was written.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/kit/property.ts";
import { Rig } from "./rig-fake.ts";
import { header, request } from "./rig-message.ts";

const rig = new Rig({ destinations: 2 });
const OWN = (() => {
  const [invite] = rig.receive(request("INVITE"));
  return { route: header(invite!.text, "Record-Route"), to: invite!.to };
})();
const OWN_URI = OWN.route.slice(1, -1);

/** Values of the Route headers, in order. */
function routesOf(text: string): string[] {
  const head = text.slice(0, text.indexOf("\r\n\r\n") + 2).replace(/\r\n[ \t]+/g, " ");
  return [...head.matchAll(/\r\nRoute\s*:(.*)(?=\r\n)/gi)]
    .flatMap(([, value]) => value!.match(/(?:"[^"]*"|[^,<"])*<[^>]*>[^,]*/g) ?? [""])
    .map((one) => one.trim());
}

let cseq = 1;
/** Sends a request within the dialog; what the destination gets. */
function forwarded(uri: string, more: string): { uri: string; routes: string[]; text: string } {
  cseq++;
  const left = rig.receive(request("UPDATE", { cseq, toTag: "t", uri, more })).filter(({ to }) => to === OWN.to);
  assert.equal(left.length, 1, `not forwarded: ${uri} ${more}`);
  const text = left[0]!.text;
  rig.left.length = 0;
  return { uri: text.split(" ")[1]!, routes: routesOf(text), text };
}

/** Values over lines: `breaks[i]` says whether value i begins a new line; `gaps` how values are separated. */
const layout = fc.record({
  breaks: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
  gaps: fc.array(fc.constantFrom(",", ", ", " ,  ", ",\r\n "), { minLength: 8, maxLength: 8 }),
});
const other = fc.constantFrom(
  "<sip:198.51.100.7;lr>",
  '"a, b" <sip:p2.example.com;lr;x=1>;y=2',
  "<sip:[2001:db8::7]:5070;lr>",
  "<sip:p3.example.net;lr>",
);

function written(values: readonly string[], breaks: readonly boolean[], gaps: readonly string[]): string {
  let lines = "";
  for (const [i, value] of values.entries()) {
    if (i === 0 || breaks[i] === true) lines += `${i === 0 ? "" : "\r\n"}Route: ${value}`;
    else lines += `${gaps[i]}${value}`;
  }
  return values.length === 0 ? "" : `${lines}\r\n`;
}

test("our own Routes go, up to four, the others stay, however they stand in lines", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(other, { maxLength: 4 }),
      layout,
      (own, others, { breaks, gaps }) => {
        const values = [...new Array<string>(own).fill(OWN.route), ...others];
        const got = forwarded("sip:bob@example.com", written(values, breaks, gaps));
        assert.deepEqual(got.routes, others);
        assert.equal(got.uri, "sip:bob@example.com");
        assert.ok(!got.text.includes(OWN_URI) && !/\r\nRoute:\s*\r\n/.test(got.text), got.text);
      },
    ),
    { numRuns: 400 },
  );
});

test("behind a strict router the last Route becomes the request URI, and the rest stays", () => {
  fc.assert(
    fc.property(fc.nat(4), fc.array(other, { maxLength: 3 }), layout, (own, others, { breaks, gaps }) => {
      const target = "sip:bob@192.0.2.200:5070;ob";
      const values = [...new Array<string>(own).fill(OWN.route), ...others, `<${target}>`];
      const got = forwarded(OWN_URI, written(values, breaks, gaps));
      assert.equal(got.uri, target);
      assert.deepEqual(got.routes, others);
      assert.ok(!/\r\nRoute:\s*\r\n/.test(got.text), got.text);
    }),
    { numRuns: 400 },
  );
});

test("a Route of ours behind somebody else's is none of our business yet", () => {
  const more = `Route: ${OWN.route}, <sip:198.51.100.7;lr>, ${OWN.route}\r\n`;
  assert.deepEqual(forwarded("sip:bob@example.com", more).routes, ["<sip:198.51.100.7;lr>", OWN.route]);
});

test("what stands in the last Route of a strict router becomes a request URI only if it can be one", () => {
  for (const bad of [
    "sip:10.0.0.1:99999",
    "sip:300.1.1.1",
    "sip:exam}ple.com",
    "sip:a@b@c",
    "sip:bob@192.0.2.200?Subject=x",
    "foo:bar",
    "sips:bob@192.0.2.200",
  ]) {
    for (const own of ["", `${OWN.route}, `]) {
      const more = `Route: ${own}<sip:198.51.100.7>, <${bad}>\r\n`;
      const left = rig.receive(request("UPDATE", { cseq: ++cseq, toTag: "t", uri: OWN_URI, more }));
      assert.deepEqual(
        left.map(({ text }) => text.slice(8, 11)),
        ["481"],
        `${bad}: ${left[0]?.text}`,
      );
    }
  }
});
