// What becomes of calls when there are too many: saturation is measured, 70 % of it configured as capacity, and one, two and
// five times the capacity offered, by callers who repeat what is not answered. Leaves with 1 when a promise is not held, and with 2
// when nobody can tell, because others had the cores: such a step is repeated first.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Crowd, type CrowdTotals } from "./calls/crowd.ts";
import { openDatagrams } from "./calls/datagram-wire.ts";
import { droppedAt, spoiledBy, type Watch } from "./calls/disturbance.ts";
import { Balancer, configuration, loaded, onCoreZero, saturation, watchOver } from "./calls/saturation.ts";

const USAGE = `taskset -c 1 node bench/overload.ts [--capacity N] [--seconds S] [--share P] [--hold MS] [--port P]

Callers and destinations run on the core that this is started on, the balancer on core 0.
  --capacity  new calls per second to be configured (0: --share of the measured saturation)
  --share     percent of saturation that is configured (70)
  --seconds   seconds at each step (8)
  --hold      milliseconds between the answer to a call and its BYE (1000)
  --company   processes that only burn time on core 0, so that one core of callers can be five times too many (1)
  --attempts  how often a step is made when others were on the cores (3)
  --port      first of the UDP ports used on loopback (27700)

Leaves with 0: all promises held; 1: one was not; 2: one was not, or the load not reached, while others had the cores.`;
const STEPS = [1, 2, 5];
/** Goodput, share of the capacity, that is promised at each step. */
const PROMISED = [0.95, 0.9, 0.8];
const IN_DIALOG = 0.999;
const RECOVERY_S = 10;
const MOST_MIB = 1024;
const nap = new Int32Array(new SharedArrayBuffer(4));

interface Options {
  readonly capacity: number;
  readonly share: number;
  readonly seconds: number;
  readonly hold: number;
  readonly company: number;
  readonly attempts: number;
  readonly port: number;
}

/** What happened in a second, or in a step. */
type Difference = { readonly [Key in keyof CrowdTotals]: number };

function since(now: CrowdTotals, before: CrowdTotals): Difference {
  const entries = Object.entries(now).map(([key, value]) => [key, value - before[key as keyof CrowdTotals]]);
  return Object.fromEntries(entries) as Difference;
}

/** Begins `rate` calls a second for one second. */
function second(crowd: Crowd, rate: number, watch: Watch): Difference {
  const before = { ...crowd.totals };
  const begin = performance.now();
  for (let now = begin; now < begin + 1000; now = performance.now()) {
    watch.turn(now);
    const due = Math.floor(((now - begin) * rate) / 1000) - (crowd.totals.started - before.started);
    crowd.turn(Math.max(0, Math.min(due, 64)));
    if (due < 4) Atomics.wait(nap, 0, 0, 0.3);
  }
  return since(crowd.totals, before);
}

/** What came of it: promises that were not held, and figures that say nothing. */
interface Outcome {
  readonly failures: string[];
  readonly unmeasured: string[];
  /** What came between, in any step. */
  readonly spoiled: string[];
}

/** Does something until its promises hold or nobody else is to blame, and tells what then remains. */
function attempt(outcome: Outcome, attempts: number, watch: Watch, what: () => readonly string[]): void {
  for (let left = attempts; ; left--) {
    watch.begin();
    const broken = what();
    const spoiled = spoiledBy(watch.end());
    if (spoiled !== "") outcome.spoiled.push(spoiled);
    if (broken.length === 0) return;
    if (spoiled === "") outcome.failures.push(...broken);
    else if (left <= 1) outcome.unmeasured.push(...broken.map((each) => `${each}; ${spoiled}`));
    if (spoiled === "" || left <= 1) return;
    console.log(`  ${broken.join(", ")}, but ${spoiled}: once more`);
  }
}

/** Calls at 0.9 times the capacity after the worst is over; what is not as it should be. */
function recovery(crowd: Crowd, capacity: number, watch: Watch): readonly string[] {
  let recovered = 0;
  for (let s = 1; s <= RECOVERY_S && recovered === 0; s++) {
    const what = second(crowd, capacity * 0.9, watch);
    if (what.answered >= 0.98 * what.started && what.refused === 0) recovered = s;
  }
  console.log(`after it, at 0.9 x: all answered ${recovered === 0 ? "never" : `in second ${recovered}`}`);
  return recovered > 0 ? [] : [`no recovery within ${RECOVERY_S} s`];
}

function steps(folder: string, capacity: number, company: readonly number[], options: Options): Outcome {
  const { seconds, port, hold, attempts } = options;
  const balancer = new Balancer(
    join(folder, "steps.yaml"),
    configuration(port + 4, `{max_new_calls_per_second: ${capacity}, retry_after: 2s}`),
  );
  const crowd = new Crowd(openDatagrams(loaded(), port + 4, port + 5), port + 5, { hold });
  const watch = watchOver(balancer, company);
  const begin = { ...crowd.totals };
  const outcome: Outcome = { failures: [], unmeasured: [], spoiled: [] };
  let peak = 0;
  const calm = (count: number): void => {
    for (let s = 0; s < count; s++) second(crowd, capacity * 0.5, watch);
  };
  const step = (times: number, promised: number): readonly string[] => {
    const before = { ...crowd.totals };
    const at = performance.now();
    for (let s = 0; s < seconds; s++) {
      second(crowd, capacity * times, watch);
      peak = Math.max(peak, balancer.mib);
    }
    const took = (performance.now() - at) / 1000;
    const what = since(crowd.totals, before);
    const share = what.answered / took / capacity;
    // A copy of an INVITE is load as much as the first one.
    const offered = (what.started + what.repeated) / took;
    console.log(
      `${times} x: ${(what.started / took).toFixed(0)} calls/s begun, with copies ${(offered / capacity).toFixed(2)} x, ` +
        `${(what.answered / took).toFixed(0)} answered = ${(100 * share).toFixed(1)} % of ${capacity}, ` +
        `${(what.refused / took).toFixed(0)} refused/s, ` +
        `${what.byesFailed} of ${what.byes} BYEs failed, ${balancer.mib.toFixed(0)} MiB`,
    );
    if (offered < 0.95 * times * capacity)
      outcome.unmeasured.push(`${times} x: the callers' core was full before that`);
    const broken =
      share >= promised ? [] : [`${times} x: goodput ${(100 * share).toFixed(1)} %, promised ${100 * promised} %`];
    if (broken.length > 0) calm(3);
    return broken;
  };
  try {
    for (const end = performance.now() + 30_000; crowd.totals.answered < 5; second(crowd, 20, watch))
      if (performance.now() > end) throw new Error("no call was answered");
    calm(5);
    for (const [i, times] of STEPS.entries()) attempt(outcome, attempts, watch, () => step(times, PROMISED[i]!));
    attempt(outcome, attempts, watch, () => recovery(crowd, capacity, watch));
    for (let s = 0; s < 9; s++) second(crowd, 0, watch);
    const { byes, byesAnswered } = since(crowd.totals, begin);
    const share = byesAnswered / byes;
    console.log(`in dialogs: ${byesAnswered} of ${byes} BYEs answered (${(100 * share).toFixed(3)} %)`);
    const broken = `in dialogs ${(100 * share).toFixed(3)} %, promised ${100 * IN_DIALOG} %`;
    const [first] = outcome.spoiled;
    if (share < IN_DIALOG && first === undefined) outcome.failures.push(broken);
    else if (share < IN_DIALOG) outcome.unmeasured.push(`${broken}; ${first}`);
    // The balancer's first socket is for what is not new (src/net/steering.ts).
    const [dropped, droppedNew = 0] = droppedAt(balancer.pid);
    console.log(
      `before the balancer read them the system dropped ${droppedNew} new requests, ${dropped} other datagrams`,
    );
    console.log(
      `RSS at most ${peak.toFixed(0)} MiB; ${crowd.answerer.doubled} INVITEs came twice; ${crowd.totals.strange} strange`,
    );
    if (peak > MOST_MIB) outcome.failures.push(`${peak.toFixed(0)} MiB`);
  } finally {
    balancer.end();
  }
  return outcome;
}

const { values } = parseArgs({
  options: {
    capacity: { type: "string", default: "0" },
    share: { type: "string", default: "70" },
    seconds: { type: "string", default: "8" },
    hold: { type: "string", default: "1000" },
    company: { type: "string", default: "1" },
    attempts: { type: "string", default: "3" },
    port: { type: "string", default: "27700" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) console.log(USAGE);
else {
  const options: Options = {
    capacity: Number(values.capacity),
    share: Number(values.share),
    seconds: Number(values.seconds),
    hold: Number(values.hold),
    company: Number(values.company),
    attempts: Number(values.attempts),
    port: Number(values.port),
  };
  const folder = mkdtempSync(join(tmpdir(), "fairlead-overload-"));
  const others = Array.from({ length: options.company }, () => onCoreZero(["-e", "for (;;);"]));
  const company = others.map(({ pid }) => pid);
  try {
    const { rate, spoiled } = options.capacity > 0 ? { rate: 0, spoiled: "" } : saturation(folder, company, options);
    const wanted = options.capacity || Math.floor((rate * options.share) / 100);
    if (rate > 0) console.log(`saturation ${rate.toFixed(0)} calls/s; configured: ${wanted}`);
    const { failures, unmeasured } = steps(folder, wanted, company, options);
    // Too small a capacity is easily kept.
    if (spoiled !== "") unmeasured.push(`the saturation says nothing; ${spoiled}`);
    for (const each of failures) console.log(`not held: ${each}`);
    for (const each of unmeasured) console.log(`not measured: ${each}`);
    process.exitCode = failures.length > 0 ? 1 : unmeasured.length > 0 ? 2 : 0;
  } catch (error) {
    console.error(`not measured: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 2;
  } finally {
    for (const { end } of others) end();
    rmSync(folder, { recursive: true, force: true });
  }
}
