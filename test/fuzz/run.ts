// Fuzzes for as long as one likes: sh tools/with-node test/fuzz/run.ts --messages 50000000 --seed 1
import { parseArgs } from "node:util";
import { Campaign } from "./campaign.ts";
import { EPISODE } from "./episode.ts";
import { StreamFuzz } from "./streams.ts";

const USAGE = `usage: sh tools/with-node test/fuzz/run.ts [options]
  --messages N      datagrams to send (default 1000000), in episodes of ${EPISODE}
  --seed N          where chance begins (default: the time); the same seed sends the same datagrams
  --episode N       only this episode: how a failure is looked at again
  --keep-going      past failures, until all messages are through
  --limit MS        processor time that a message may take (default 20)
  --streams         instead of datagrams: so many connections, cut at random, read beside a second reader`;
const PROGRESS = 10_000;
const MEGA = 1 << 20;
/** The resident memory is at home after so many messages, and may then grow by so many MiB in a run of any length. */
const SETTLED = 1_000_000;
const GROWTH = 128;

const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "1000000" },
    seed: { type: "string" },
    episode: { type: "string" },
    "keep-going": { type: "boolean", default: false },
    limit: { type: "string", default: "20" },
    streams: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<number> {
  const messages = Number(values.messages);
  const seed = values.seed === undefined ? Date.now() & 0x7fffffff : Number(values.seed);
  const only = values.episode === undefined ? -1 : Number(values.episode);
  const limit = Number(values.limit);
  if (values.help || ![messages, seed, only].every(Number.isSafeInteger) || !(limit > 0)) {
    console.error(USAGE);
    return 2;
  }
  if (values.streams) return fuzzStreams(messages, seed, limit);
  const campaign = await Campaign.create(seed, limit);
  const { corpus, settings } = campaign.run;
  console.log(`seed ${seed}, ${corpus.length} seeds from the corpora, ${settings.length} configurations`);
  const since = performance.now();
  let told = since;
  let settled = 0;
  let failures = 0;
  for (let episode = Math.max(only, 0); campaign.done < messages; episode++) {
    const size = only >= 0 ? EPISODE : Math.min(EPISODE, messages - campaign.done);
    for (const wrong of await campaign.episode(episode, size)) {
      failures++;
      console.log(`FAILED: ${wrong}`);
    }
    if ((failures > 0 && !values["keep-going"]) || only >= 0) break;
    if (settled === 0 && campaign.done >= SETTLED) settled = process.memoryUsage.rss();
    if (performance.now() - told < PROGRESS) continue;
    told = performance.now();
    console.log(account(campaign, since));
  }
  console.log(account(campaign, since));
  const growth = settled === 0 ? 0 : (process.memoryUsage.rss() - settled) / MEGA;
  if (settled > 0) console.log(`RSS ${growth.toFixed(0)} MiB above that after ${SETTLED} messages`);
  if (growth > GROWTH) {
    failures++;
    console.log(`FAILED: RSS grew by more than ${GROWTH} MiB`);
  }
  console.log(`fuzz: seed ${seed}, ${campaign.done} messages, ${failures} faults`);
  return failures === 0 ? 0 : 1;
}

function fuzzStreams(connections: number, seed: number, limit: number): number {
  const fuzz = new StreamFuzz(seed);
  let failures = 0;
  for (let i = 0; i < connections && (failures === 0 || values["keep-going"]); i++) {
    const wrong = fuzz.run(i);
    if (wrong === "") continue;
    failures++;
    console.log(`FAILED: ${wrong}`);
  }
  if (fuzz.longest > limit) failures++;
  const rss = (process.memoryUsage.rss() / MEGA).toFixed(0);
  console.log(`fuzz: seed ${seed}, ${connections} connections, ${fuzz.messages} messages, ${failures} faults`);
  console.log(`longest ${fuzz.longest.toFixed(1)} ms of processor time, RSS ${rss} MiB`);
  return failures === 0 ? 0 : 1;
}

function account({ done, run }: Campaign, since: number): string {
  const { longest, longestCpu, longestAt, longestPause } = run.stopwatch;
  const seconds = (performance.now() - since) / 1000;
  const cpu = longestCpu === 0 ? "below half the limit" : `${longestCpu.toFixed(1)} ms (${longestAt})`;
  return (
    `${done} messages in ${seconds.toFixed(0)} s, ${Math.round(done / seconds)}/s; longest ${longest.toFixed(1)} ms by the clock, ` +
    `processor time ${cpu}; collector ${longestPause.toFixed(1)} ms; RSS ${(process.memoryUsage.rss() / MEGA).toFixed(0)} MiB`
  );
}

process.exitCode = await main();
