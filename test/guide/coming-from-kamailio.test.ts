// The page docs/guide/coming-from-kamailio.md is true: its configurations load, and its messages go where it says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { CHECKS } from "../../src/config/checks/index.ts";
import { configOf } from "../../src/control/testing/config.ts";
import { explain } from "../../src/explain/explain.ts";
import { shortMessage } from "../../src/explain/message-text.ts";
import { findNames } from "../../src/explain/names.ts";
import { setStage } from "../../src/explain/stage.ts";
import { examples } from "./page.ts";

const LINE = /^(?<method>[A-Z]+) (?<uri>\S+)(?: from (?<source>\S+))? -> (?<outcome>[^|]+?)(?: \| (?<start>.+))?$/;

/** What `fairlead check` says of an example whose script is wrong in the same way. */
const WARNED = new Map([["The same without transactions", /kamailio:4/]]);

const all = examples();

test("the page has an example for each script", () => {
  assert.ok(all.length >= 13, `${all.length} examples`);
  assert.ok(all.filter(({ traffic }) => traffic.length > 0).length >= 12);
});

for (const { title, yaml, traffic } of all) {
  test(`${title}: the configuration loads without a warning that the page does not tell of, and messages go where it says`, async () => {
    const config = configOf(parse(yaml));
    const findings = CHECKS.flatMap((check) => check.look(config, { cores: 2, isImported: false }));
    const told = findings.map(({ what }) => what);
    const warned = WARNED.get(title);
    if (warned === undefined) assert.deepEqual(told, []);
    else assert.match(told.join("\n"), warned);
    // Without messages there is nothing to explain, and no name to be looked up.
    if (traffic.length === 0) return;
    const stage = setStage(config, null, await findNames(config));
    assert.ok("snapshot" in stage, String(stage));
    for (const line of traffic) {
      const {
        method = "",
        uri = "",
        source = "198.51.100.7:5060",
        outcome = "",
        start,
      } = LINE.exec(line)?.groups ?? {};
      const message = shortMessage({ method, requestUri: uri, source });
      const answer = explain(config, stage, message, { source, isLive: false });
      assert.ok(typeof answer !== "string", String(answer));
      assert.ok(answer.outcome.what.startsWith(outcome), `${line}: ${answer.outcome.what}`);
      if (start === undefined) continue;
      const sent = answer.changes.find(({ sign, line: text }) => sign !== "-" && text.endsWith("SIP/2.0"));
      assert.equal(sent?.line, start);
    }
  });
}
