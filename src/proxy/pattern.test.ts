import assert from "node:assert/strict";
import { test } from "node:test";
import { processorTimeOf } from "../../test/kit/processor-time.ts";
import { fc, runs } from "../../test/kit/property.ts";
import { inBlock } from "../bridge/address-block.ts";
import { parseEndpoint } from "../net/endpoint.ts";
import { UriView } from "../sip/uri.ts";
import { matches, matchesUri } from "./pattern.ts";

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

test("a pattern matches what the same regular expression matches", () => {
  const letters = (all: string) => fc.string({ unit: fc.constantFrom(...all), maxLength: 10 });
  fc.assert(
    fc.property(letters("ab.*"), letters("ab.AB"), fc.boolean(), (pattern, text, fold) => {
      const expression = new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`, "s");
      const padded = bytes(`xx${text}yy`);
      const wanted = expression.test(fold ? text.toLowerCase() : text);
      assert.equal(matches(bytes(pattern), padded, 2, 2 + text.length, fold), wanted);
    }),
    { numRuns: runs(3000) },
  );
});

test("an escape that need not be is what it stands for, in users; others are themselves", () => {
  const check = (pattern: string, text: string) => matches(bytes(pattern), bytes(text), 0, text.length, false);
  for (const text of ["9001", "%39001", "%390%301", "%39%30%30%31"]) {
    assert.ok(check("900*", text), text);
    assert.ok(check("*01", text) && check("*0*1", text), text);
  }
  assert.ok(
    check("a~b", "%61%7eb") &&
      check("+49*", "%2B49;x") &&
      check("a%40b", "a%40b") &&
      check("%4", "%4") &&
      check("%zz", "%zz"),
  );
  assert.ok(!check("a@b", "a%40b") && !check("*30", "%30") && !check("30*", "%30") && !check("0", "%3"));
});

test("many stars and a long text take no long time", () => {
  const took = processorTimeOf(() =>
    assert.equal(matches(bytes(`${"*a".repeat(200)}b`), bytes("a".repeat(20_000)), 0, 20_000, false), false),
  );
  assert.ok(took < 1_000, `${took} ms`);
});

test("users are told apart by case, hosts are not; no user matches only patterns without one", () => {
  const check = (uri: string, user: string | null, host: string | null): boolean => {
    const view = new UriView();
    const text = bytes(uri);
    assert.ok(view.reset(text, 0, text.length), uri);
    const pattern = { user: user === null ? null : bytes(user), host: host === null ? null : bytes(host) };
    return matchesUri(pattern, view, text);
  };
  assert.ok(check("sip:bob@Example.COM", "bob", "example.com"));
  assert.ok(!check("sip:Bob@example.com", "bob", "example.com"));
  assert.ok(check("sip:%62ob@EXAMPLE.com.:5060", "bob", "example.com"));
  assert.ok(check("sip:+4930@example.com;x=y", "+49*", "*.com"));
  assert.ok(check("sip:example.com", null, "example.com"));
  assert.ok(!check("sip:example.com", "*", null));
  assert.ok(check("sip:a@[2001:db8::1]:5060", null, "[2001:db8::1]"));
});

test("address blocks cut at any bit", () => {
  const within = (address: string, block: string, prefix: number): boolean => {
    const [words, other] = [new Int32Array(6), new Int32Array(6)];
    assert.ok(parseEndpoint(address, 0, words, 0) && parseEndpoint(block, 0, other, 0));
    return inBlock(words, 0, other, prefix);
  };
  assert.ok(within("10.1.2.3", "10.0.0.0", 96 + 8) && !within("11.1.2.3", "10.0.0.0", 96 + 8));
  assert.ok(within("10.1.2.3", "10.1.2.3", 128) && !within("10.1.2.2", "10.1.2.3", 128));
  assert.ok(within("10.1.2.2", "10.1.2.3", 127));
  assert.ok(within("200.1.2.3", "10.0.0.0", 96) && !within("2001:db8::1", "10.0.0.0", 96));
  assert.ok(within("2001:db8:8000::1", "2001:db8:8000::", 33) && !within("2001:db8::1", "2001:db8:8000::", 33));
  assert.ok(within("2001:db8::1", "::", 0));
});
