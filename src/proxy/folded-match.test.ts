// Conditions on a header cannot be got round by folding its line, by another line before it, or by what is long.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RouteEntry } from "../bridge/route-entry.ts";
import { automatonOfTexts } from "../config/patterns/automaton.ts";
import { compileExpression } from "../control/compile-keys.ts";
import { Rig } from "./rig-fake.ts";
import { kind, request } from "./rig-message.ts";

/** What becomes of a request with these lines where a route refuses those whose header is the text. */
function outcome(name: string, text: string, more: string, isNot = false, of = `{header:${name}}`): string {
  const match = [{ of: compileExpression(of), automaton: automatonOfTexts([text], false), isNot }];
  const bar = (route: RouteEntry): RouteEntry => ({
    ...route,
    match,
    action: { kind: "reject", status: 403, reason: "", retryAfter: 0 },
  });
  const rig = new Rig({
    reshape: (snapshot) => ({ ...snapshot, routes: [bar(snapshot.routes[0]!), ...snapshot.routes] }),
  });
  return kind(rig.receive(request("MESSAGE", { more }))[0]!.text);
}

for (const name of ["X-Class", "Subject"])
  test(`${name}: folds are blanks`, () => {
    for (const value of ["premium line", "premium\r\n line", "premium \r\n\t \tline", "\r\n premium\t\r\n line "])
      assert.equal(outcome(name, "premium line", `${name}: ${value}\r\n`), "403", JSON.stringify(value));
    assert.equal(outcome(name, "a b c", `${name}: a\r\n b\r\n  c\r\n`), "403");
    assert.equal(outcome(name, "premium line", `${name}: premiumline\r\n`), "MESSAGE");
    assert.equal(outcome(name, "premium line", `${name}: premium\r\n  lines\r\n`), "MESSAGE");
  });

for (const [name, compact] of [
  ["X-Class", "X-Class"],
  ["Subject", "s"],
  ["Supported", "k"],
])
  test(`${name}: every line of it is looked at`, () => {
    const lines = `${name}: free\r\nUser-Agent: u\r\n${compact}: basic\r\n${name}: premium\r\n`;
    assert.equal(outcome(name!, "premium", lines), "403");
    assert.equal(outcome(name!, "basic", lines), "403");
    assert.equal(outcome(name!, "free", lines), "403");
    assert.equal(outcome(name!, "u", lines), "MESSAGE");
    assert.equal(outcome(name!, "", lines), "MESSAGE", "a header that is there is no empty text");
    assert.equal(outcome(name!, "", ""), "403", "one that is not is");
    assert.equal(outcome(name!, "premium", lines, true), "MESSAGE", "not: none of them");
    assert.equal(outcome(name!, "gold", lines, true), "403");
    assert.equal(outcome(name!, "MESSAGE:premium", lines, false, `{method}:{header:${name}}`), "403");
  });

test("a text is looked at to its end, however long it is", () => {
  const long = "x".repeat(20_000);
  assert.equal(outcome("X-Class", `${long} premium`, `X-Class: ${long} premium\r\n`), "403");
  assert.equal(outcome("X-Class", long, `X-Class: ${long} premium\r\n`), "MESSAGE");
});
