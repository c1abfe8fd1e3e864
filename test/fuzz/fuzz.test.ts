// The bounded campaign: the same datagrams every time. The long one is run.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Campaign } from "./campaign.ts";
import { EPISODE } from "./episode.ts";

const SEED = 20_261_121;
const LIMIT = 20;
/** Rounds through all configurations. */
const ROUNDS = 3;

test(`generated messages do no harm, none takes more than ${LIMIT} ms, nothing of them stays`, {
  timeout: 300_000,
}, async () => {
  const campaign = await Campaign.create(SEED, LIMIT);
  const episodes = ROUNDS * campaign.run.settings.length;
  for (let episode = 0; episode < episodes; episode++) {
    const wrong = await campaign.episode(episode, EPISODE);
    assert.deepEqual(wrong, [], wrong.join("\n"));
  }
  console.log(`fuzz: ${campaign.done} of ${episodes * EPISODE} messages handled without a fault`);
});
