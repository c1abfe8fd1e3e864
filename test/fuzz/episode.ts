// Some thousand datagrams through one world, from empty tables to empty tables. An episode depends on the seed and its number
// alone: what goes wrong in it goes wrong again.
import { DestinationState } from "../../src/dispatch/types.ts";
import { Inbox } from "../../src/net/batch.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../../src/net/endpoint.ts";
import { Chance } from "./chance.ts";
import type { Setting } from "./configurations.ts";
import { Draft } from "./draft.ts";
import { audit, held } from "./ledger.ts";
import { Mutator } from "./mutate.ts";
import type { Stopwatch } from "./stopwatch.ts";
import { Traffic } from "./traffic.ts";
import { Violation, Watch } from "./watch.ts";
import { World } from "./world.ts";

/** Datagrams per episode. */
export const EPISODE = 10_000;
const AUDIT_EVERY = 256;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Time may pass in small steps and, as after a pause of the machine, in one. */
const STEPS = [0, 0, 0, 1, 3, 10, 10, 40, 150];
const LEAPS = [500, 4000, 33_000, 70_000, 200_000];

const inboxes = [new Inbox(), new Inbox()];
const draft = new Draft();
const here = addressOf("10.9.9.1");
const hereV6 = addressOf("2001:db8::1");
const nowhere = new Int32Array(4);

function addressOf(host: string): Int32Array {
  const words = new Int32Array(ENDPOINT_WORDS);
  parseEndpoint(host, 0, words, 0);
  return words;
}

/** A failure, with what is needed to look at it again. */
export interface Failure {
  readonly episode: number;
  readonly setting: string;
  readonly message: number;
  readonly what: string;
  /** The datagram at hand. */
  readonly hex: string;
}

/** What a run shares with its episodes. */
export interface Run {
  readonly seed: number;
  readonly settings: readonly Setting[];
  /** Datagrams of others. */
  readonly corpus: readonly Uint8Array[];
  readonly stopwatch: Stopwatch;
}

/** Runs an episode of `messages` datagrams; null when all is well. */
export function runEpisode(run: Run, episode: number, messages: number): Failure | null {
  const setting = run.settings[episode % run.settings.length]!;
  let message = 0;
  draft.length = 0;
  try {
    const chance = new Chance(run.seed, episode);
    const traffic = new Traffic(chance, setting.snapshot);
    const watch = new Watch(setting, (...seen) => traffic.observe(...seen));
    const world = new World(setting, chance, inboxes, watch.sink);
    watch.world = world;
    if (chance.once(4)) world.hoard();
    const mutator = new Mutator(chance, () => traffic.foreign());
    run.stopwatch.resume();
    for (; message < messages; message++) {
      pass(world, chance);
      if (chance.once(50)) upset(world, chance, setting, traffic);
      invent(run, chance, traffic, mutator);
      traffic.note(draft);
      deliver(run, episode, message, world, chance, watch, traffic, setting);
      if (message % AUDIT_EVERY === 0) audit(world, setting.snapshot.destinationRows);
    }
    rest(world, setting);
    world.unhoard();
    const left = held(world, setting.snapshot.destinationRows);
    if (left !== "") throw new Violation(`when all is over there are ${left}`);
    return null;
  } catch (error) {
    const what = error instanceof Violation ? error.message : error instanceof Error ? `${error.stack}` : String(error);
    return { episode, setting: setting.name, message, what, hex: draft.bytes.toString("hex", 0, draft.length) };
  }
}

/** What begins that only we can have written: token of a dialog, branch, token of a flow. */
const OURS = [";fl=", "z9hG4bKs", ":fl."];

/** The next datagram, in `draft`. */
function invent(run: Run, chance: Chance, traffic: Traffic, mutator: Mutator): void {
  if (run.corpus.length > 0 && chance.once(16)) {
    traffic.anybody();
    draft.set(chance.pick(run.corpus));
  } else traffic.make(draft);
  if (chance.once(2)) mutator.damage(draft, chance.once(3) ? 1 + chance.below(6) : 1);
  // One character of what only we can have written.
  if (chance.once(24)) {
    const mark = draft.bytes.indexOf(chance.pick(OURS), 0, "latin1");
    if (mark >= 0 && mark < draft.length - 40) draft.bytes[mark + 4 + chance.below(36)] = 0x30 + chance.below(75);
  }
}

function deliver(
  run: Run,
  episode: number,
  message: number,
  world: World,
  chance: Chance,
  watch: Watch,
  traffic: Traffic,
  setting: Setting,
): void {
  const worker = chance.below(world.workers.length);
  const { isWildcard, isV6 } = setting.snapshot.listeners[traffic.listener]!;
  const local = !isWildcard ? nowhere : isV6 ? hereV6 : here;
  watch.begin(draft.bytes, draft.length, traffic.from.words);
  run.stopwatch.start(watch.spent);
  world.receive(worker, draft.bytes, draft.length, traffic.from.words, traffic.listener, local);
  world.settle();
  run.stopwatch.stop(watch.spent, episode, message);
  watch.end();
}

/** What the network and the operator do meanwhile. */
function upset(world: World, chance: Chance, setting: Setting, traffic: Traffic): void {
  const slot = chance.below(setting.snapshot.destinationRows);
  switch (chance.below(4)) {
    case 0:
      world.live.setState(slot, chance.once(2) ? DestinationState.active : DestinationState.inactive);
      return;
    case 1:
      world.publish(chance.once(8) ? setting.closing : setting.snapshot);
      return;
    default: {
      const peer = traffic.returned(draft);
      if (peer === null) return;
      if (chance.once(3)) draft.length = chance.below(draft.length);
      world.refuse(chance.below(world.workers.length), draft.bytes, draft.length, peer);
      world.settle();
    }
  }
}

function pass(world: World, chance: Chance): void {
  world.now += chance.once(400) ? chance.pick(LEAPS) : chance.pick(STEPS);
  world.settle();
}

/** Nobody says anything any more, until every timer has fired. */
function rest(world: World, setting: Setting): void {
  world.publish(setting.snapshot);
  for (const end = world.now + 6 * MINUTE; world.now < end; world.now += 250) world.settle();
  for (const end = world.now + 13 * HOUR; world.now < end; world.now += 5 * MINUTE) world.settle();
}
