// The page docs/guide/coming-from-kamailio.md is true: its configurations load, and its messages go where it says.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { CHECKS } from "../../src/config/checks/index.ts";
import { configOf } from "../../src/control/testing/config.ts";
import { explain } from "../../src/explain/explain.ts";
import { shortMessage } from "../../src/explain/message-text.ts";
import { findNames } from "../../src/explain/names.ts";
import { setStage } from "../../src/explain/stage.ts";

const PAGE = fileURLToPath(new URL("../../docs/guide/coming-from-kamailio.md", import.meta.url));
const LINE = /^(?<method>[A-Z]+) (?<uri>\S+)(?: from (?<source>\S+))? -> (?<outcome>[^|]+?)(?: \| (?<start>.+))?$/;

interface Example {
  readonly title: string;
  readonly yaml: string;
  readonly traffic: readonly string[];
}

/** Every block of YAML, with its heading and the messages that stand under it. */
function examples(page: string): Example[] {
  const found: Example[] = [];
  let title = "";
  for (const [, heading, kind, text = ""] of page.matchAll(/^## (.+)$|^```(yaml|text)\n([\s\S]*?)^```$/gm)) {
    if (heading !== undefined) title = heading;
    else if (kind === "yaml") found.push({ title, yaml: text, traffic: [] });
    else if (text.includes(" -> ")) {
      const last = found.pop();
      assert.ok(last !== undefined, "messages without a configuration");
      found.push({ ...last, traffic: text.trimEnd().split("\n") });
    }
  }
  return found;
}

const all = examples(readFileSync(PAGE, "utf8"));

test("the page has an example for each script", () => {
  assert.ok(all.length >= 13, `${all.length} examples`);
  assert.ok(all.filter(({ traffic }) => traffic.length > 0).length >= 12);
});

for (const [at, { title, yaml, traffic }] of all.entries()) {
  test(`${title} (${at + 1}): the configuration loads without a warning, and messages go where the page says`, async () => {
    const config = configOf(parse(yaml));
    const findings = CHECKS.flatMap((check) => check.look(config, { cores: 2, isImported: false }));
    assert.deepEqual(
      findings.map(({ what }) => what),
      [],
    );
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
