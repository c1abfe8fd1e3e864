// RFC 4475: 49 messages that are hard to read or not to be read at all, each as one datagram, and each over a connection.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readCase, readVerdicts, skip } from "./corpora.ts";
import { faultsOf, faultsOfForwarded } from "./faults.ts";
import { Ground } from "./ground.ts";
import { mostForwarded, tortureOutcomes } from "./stream-outcomes.ts";

interface Verdict {
  readonly name: string;
  readonly accept_outcomes: readonly string[];
  readonly best_outcomes: readonly string[];
  readonly forbidden_in_forwarded_request_line?: string;
}

for (const [place, forwarding, wire] of [
  [1, "stateful", "udp"],
  [2, "stateless", "udp"],
  [11, "stateful", "tcp"],
  [21, "stateful", "ws"],
] as const) {
  test(`RFC 4475: every message has an acceptable outcome [${forwarding}, ${wire}]`, {
    skip,
    timeout: 60_000,
  }, async () => {
    const verdicts = readVerdicts<Verdict>("rfc4475/verdicts.json").filter(({ name }) => name !== "test");
    const ground = await Ground.open({ place, forwarding, wire });
    const bad: string[] = [];
    let best = 0;
    try {
      for (const { name, ...verdict } of verdicts) {
        const framed = tortureOutcomes(wire, name);
        const accepted = framed ?? verdict.accept_outcomes;
        const bytes = readCase(`rfc4475/messages/${name}.dat`);
        const { code, forwarded } = await ground.tries(bytes);
        if ((framed ?? verdict.best_outcomes).includes(code)) best++;
        if (!accepted.includes(code)) bad.push(`${name}: ${code}, acceptable ${accepted.join(" ")}`);
        if (forwarded.length > mostForwarded(wire, name)) bad.push(`${name}: forwarded ${forwarded.length} times`);
        for (const one of forwarded) {
          // Two calls of one stream are two workers', and may leave in either order.
          const isFirst = forwarded.length === 1 || callIdOf(one) === callIdOf(bytes);
          const faults = isFirst ? faultsOfForwarded(one, bytes) : faultsOf(one);
          if (faults.length > 0) bad.push(`${name}: forwarded with ${faults.join(", ")}`);
          const line = one.toString("latin1", 0, one.indexOf("\r\n"));
          const forbidden = verdict.forbidden_in_forwarded_request_line;
          if (forbidden !== undefined && new RegExp(forbidden).test(line)) bad.push(`${name}: forwarded as ${line}`);
        }
      }
      await ground.addsUp();
    } finally {
      await ground.close();
    }
    const accepted = verdicts.length - new Set(bad.map((text) => text.split(":")[0])).size;
    console.log(`RFC 4475 ${forwarding}, ${wire}: ${accepted} of ${verdicts.length} acceptable, ${best} best`);
    assert.deepEqual(bad, []);
    assert.equal(verdicts.length, 49);
    assert.ok(best >= 47, `only ${best} have their best outcome`);
  });
}

function callIdOf(bytes: Buffer): string | undefined {
  return /^(?:call-id|i)[ \t]*:[ \t]*(\S+)/im.exec(bytes.toString("latin1"))?.[1];
}
