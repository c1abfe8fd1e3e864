// The scripts of docs/guide/coming-from-kamailio.md on the real Kamailio: the calls that test/scenarios/guide-scripts.test.ts makes through
// the configurations beside them try the same destinations in the same order, with the same request URIs, and end the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import { GOLDEN } from "../guide/golden.ts";
import { GoldenCalls, goldenText, Neighbourhood } from "../guide/golden-calls.ts";
import { destinationsOf } from "../guide/guide-balancer.ts";
import { type Example, examples } from "../guide/page.ts";
import { GuideKamailio, objection } from "./guide-kamailio.ts";
import { whyNoKamailio } from "./kamailio.ts";

const PEER = { skip: whyNoKamailio(), timeout: 120_000 } as const;

/** The dispatcher.list of an example: its own, or one with the sets of the configuration. */
function listOf({ list, yaml }: Example): string {
  if (list !== "") return list;
  return destinationsOf(yaml)
    .filter(({ set }) => /^\d+$/.test(set))
    .map(({ set, uri }) => `${set} ${uri}\n`)
    .join("");
}

const scripts = examples().filter(({ script }) => script !== "");

test("Kamailio starts every script of the guide but those of OpenSIPS", PEER, async () => {
  const here = await Neighbourhood.find();
  try {
    for (const { title, script } of scripts) {
      const said = objection(here.moved(script), `${here.prefix}1`);
      assert.equal(said === "", !title.startsWith("OpenSIPS"), `${title}: ${said}`);
      assert.ok(said !== "" || (GOLDEN.get(title)?.length ?? 0) > 0, `${title}: no calls`);
    }
  } finally {
    here.release();
  }
});

for (const one of scripts.filter(({ title }) => !title.startsWith("OpenSIPS"))) {
  test(
    `${one.title}: the script of the guide does with calls what the configuration beside it does`,
    PEER,
    async () => {
      const here = await Neighbourhood.find();
      const calls = GOLDEN.get(one.title) ?? [];
      const uris = destinationsOf(here.moved(one.yaml)).map(({ uri }) => uri);
      const golden = await GoldenCalls.open(here, uris);
      try {
        const kamailio = await GuideKamailio.start(here.moved(one.script), here.moved(listOf(one)), `${here.prefix}1`);
        try {
          assert.deepEqual(
            await golden.play(calls),
            calls.map(([sent, behaviour, outcome, theirs = outcome]) => goldenText(sent, behaviour, theirs)),
          );
          process.stdout.write(`${one.title}: ${calls.length} of ${calls.length} calls as the script has them\n`);
        } finally {
          await kamailio.stop();
        }
      } finally {
        await golden.close();
        here.release();
      }
    },
  );
}
