// Conditions on a header cannot be got round by folding its line.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RouteEntry } from "../bridge/snapshot.ts";
import { automatonOfTexts } from "../config/patterns/automaton.ts";
import { compileExpression } from "../control/compile-keys.ts";
import { Rig } from "./rig-fake.ts";
import { kind, request } from "./rig-message.ts";

/** What becomes of a request with these lines where a route refuses those whose header is the text. */
function outcome(name: string, text: string, more: string): string {
  const match = [
    { of: compileExpression(`{header:${name}}`), automaton: automatonOfTexts([text], false), isNot: false },
  ];
  const bar = (route: RouteEntry): RouteEntry => ({
    ...route,
    match,
    action: { kind: "reject", status: 403, reason: "" },
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
