// Headers without a number of their own: in compact form they are the same headers.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DispatchAction, RouteEntry } from "../bridge/route-entry.ts";
import type { Snapshot } from "../bridge/snapshot.ts";
import { automatonOfTexts } from "../config/patterns/automaton.ts";
import { compileExpression } from "../control/compile-keys.ts";
import { Rig } from "./rig-fake.ts";
import { kind, request } from "./rig-message.ts";

const FORMS = [
  ["a", "Accept-Contact"],
  ["b", "Referred-By"],
  ["d", "Request-Disposition"],
  ["j", "Reject-Contact"],
  ["n", "Identity-Info"],
  ["u", "Allow-Events"],
  ["y", "Identity"],
] as const;
/** Every spelling of each, with a value that nothing else has. */
const SPELLED = FORMS.flatMap(([letter, name]) =>
  [letter, letter.toUpperCase(), name, name.toLowerCase()].map((spelling) => `${spelling}: <sip:evil@x>\r\n`),
);
const MORE = `X-Kept: yes\r\n${SPELLED.join("")}Q: kept\r\n`;

function withChanges(remove: readonly string[]): (snapshot: Snapshot) => Snapshot {
  const treatment = {
    identity: "changes",
    failover: null,
    rewritesHost: false,
    translations: [],
    headers: { remove, add: [] },
  };
  return (snapshot) => ({
    ...snapshot,
    routes: snapshot.routes.map((route) => ({ ...route, action: { ...(route.action as DispatchAction), treatment } })),
  });
}

for (const [place, form] of [
  ["name", 1],
  ["letter", 0],
] as const) {
  const names = FORMS.map((pair) => pair[form]);

  test(`a route leaves all spellings out, named by ${place}`, () => {
    const rig = new Rig({ reshape: withChanges(names) });
    const [invite] = rig.receive(request("INVITE", { more: MORE }));
    assert.equal(kind(invite!.text), "INVITE");
    assert.doesNotMatch(invite!.text, /evil/);
    assert.match(invite!.text, /\r\nX-Kept: yes\r\nQ: kept\r\n/);
  });

  test(`a stranger's are left out in all spellings where they are protected, named by ${place}`, () => {
    const rig = new Rig({ protectedHeaders: names });
    const [invite] = rig.receive(request("INVITE", { more: MORE }));
    assert.doesNotMatch(invite!.text, /evil/);
    assert.match(invite!.text, /\r\nX-Kept: yes\r\nQ: kept\r\n/);
    assert.equal(rig.counter("protected_headers_removed"), SPELLED.length);
  });

  test(`a condition sees each spelling, named by ${place}`, () => {
    for (const name of names) {
      const of = compileExpression(`{header:${name}}`);
      const match = [{ of, automaton: automatonOfTexts(["<sip:evil@x>"], false), isNot: false }];
      const bar = (route: RouteEntry): RouteEntry => ({
        ...route,
        match,
        action: { kind: "reject", status: 403, reason: "", retryAfter: 0 },
      });
      const rig = new Rig({
        reshape: (snapshot) => ({ ...snapshot, routes: [bar(snapshot.routes[0]!), ...snapshot.routes] }),
      });
      const answers = SPELLED.map((more, call) => kind(rig.receive(request("MESSAGE", { call, more }))[0]!.text));
      const barred = SPELLED.filter((_, call) => answers[call] === "403");
      const [letter, long] = FORMS.find((pair) => pair[form] === name)!;
      assert.deepEqual(
        barred.map((line) => line.slice(0, line.indexOf(":")).toLowerCase()),
        [letter, letter, long.toLowerCase(), long.toLowerCase()],
      );
    }
  });
}
