// What a destination strips, and what a route translates, where users are not plain digits.
import assert from "node:assert/strict";
import { test } from "node:test";
import { translationOf } from "../config/patterns/translation.ts";
import { UriView } from "../sip/uri.ts";
import { rewriteUri, rewritten } from "./request-uri.ts";
import { spellOutTranslation } from "./translations.ts";
import type { WorkerTreatment } from "./treatments.ts";

/** What becomes of a URI; null: nothing changes. */
function rewrite(text: string, strip: number, prefix: string, from = "", to = ""): string | null {
  const bytes = Buffer.from(text, "latin1");
  const uri = new UriView();
  assert.ok(uri.reset(bytes, 0, bytes.length), text);
  const translations = from === "" ? [] : [spellOutTranslation(translationOf(from, to))];
  const treatment: WorkerTreatment = { policy: null, rewritesHost: false, translations, headers: null };
  const rewriting = { strip, prefix: Buffer.from(prefix, "latin1"), host: Buffer.alloc(0) };
  return rewriteUri(uri, rewriting, treatment) ? rewritten.bytes.toString("latin1", 0, rewritten.length) : null;
}

test("strip takes characters: an escaped one is one", () => {
  const cases: readonly (readonly [string, number, string, string])[] = [
    ["sip:%2B49301234@a", 1, "00", "sip:0049301234@a"],
    ["sip:4%39301@a", 1, "", "sip:%39301@a"],
    ["sip:4%39301@a", 2, "", "sip:301@a"],
    ["sip:%30%30@a", 2, "9", "sip:9@a"],
    ["sip:%30%30@a", 9, "9", "sip:9@a"],
    ["sip:12;x=%30@a", 1, "", "sip:2;x=%30@a"],
    ["sip:+49@a", 1, "", "sip:49@a"],
  ];
  for (const [uri, strip, prefix, wanted] of cases)
    assert.equal(rewrite(uri, strip, prefix), wanted, `${uri} ${strip}`);
});

test("so it does behind a translation", () => {
  assert.equal(rewrite("sip:0049@a", 1, "9", "^00(.*)$", "%2B\\1"), "sip:949@a");
  assert.equal(rewrite("sip:0049@a", 5, "9", "^00(.*)$", "%2B\\1"), "sip:9@a");
});

test("a user of more than 255 bytes is not translated", () => {
  const user = (length: number): string => "1".repeat(length);
  assert.equal(rewrite(`sip:${user(255)}@a`, 0, "", "^1(1*)$", "2\\1"), `sip:2${user(254)}@a`);
  assert.equal(rewrite(`sip:${user(256)}@a`, 0, "", "^1(1*)$", "2\\1"), null);
});
