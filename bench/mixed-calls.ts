// Whether counters can be trusted: mixed calls through the real process, with destinations that are restarted and a reload now and
// then. No load may ever be negative or above its limit, and when all calls are over, all loads are 0 and the counters
// audit finds nothing. Leaves with 1 otherwise.
import { parseArgs } from "node:util";
import { loadLibc } from "../src/net/libc.ts";
import { openDatagrams } from "./calls/datagram-wire.ts";
import { CALLER_HOST } from "./calls/messages.ts";
import { HOSTS, MixedBalancer } from "./mixed/balancer.ts";
import { Phones } from "./mixed/phones.ts";
import { Servers } from "./mixed/servers.ts";

const USAGE = `node bench/mixed-calls.ts [--calls N] [--open N] [--reload S] [--quick] [--workers N] [--port P]

Cancelled calls, races of CANCEL and 200, BYE of either side and of both, lost BYE, 486, forks, refusals and silence.
  --calls    how many (20000)
  --open     most at a time (1200)
  --reload   seconds between two reloads (30)
  --restart  seconds between two restarts of a destination (20)
  --quick    lost BYEs are not waited for (230 s at most): destinations are said to have been restarted
  --workers  worker threads (2)
  --port     first of the UDP ports used on loopback (27700)`;
const MAX_CALLS = 350;
const DEAF_MS = 2_000;
/** Timer C or Session-Expires, whichever is longer, then 64 * T1, and a little: whatever was lost is found by then. */
const PATIENCE_MS = 230_000;

interface Bounds {
  lowest: number;
  /** Above its limit by so much at most. */
  highest: number;
  samples: number;
}

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "20000" },
    open: { type: "string", default: "1200" },
    reload: { type: "string", default: "30" },
    restart: { type: "string", default: "20" },
    quick: { type: "boolean", default: false },
    workers: { type: "string", default: "2" },
    port: { type: "string", default: "27700" },
    help: { type: "boolean", default: false },
  },
});
const loaded = loadLibc();
if (values.help) console.log(USAGE);
else if (!loaded.ok) {
  console.error(loaded.reason);
  process.exitCode = 1;
} else {
  const port = Number(values.port);
  const balancer = new MixedBalancer(
    { balancer: port, destination: port + 1, admin: port + 2 },
    Number(values.workers),
    MAX_CALLS,
    values.quick ? "100ms" : "500ms",
  );
  try {
    await balancer.ready();
    const wire = openDatagrams(loaded.libc, port, port + 1, HOSTS);
    const isRight = await run(balancer, new Phones(wire, CALLER_HOST), new Servers(wire, HOSTS, port + 1));
    if (!isRight) process.exitCode = 1;
  } finally {
    balancer.stop();
  }
  // Sockets of the wire keep the process alive.
  process.exit();
}

async function run(balancer: MixedBalancer, phones: Phones, servers: Servers): Promise<boolean> {
  const { totals } = phones;
  const [calls, open] = [Number(values.calls), Number(values.open)];
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  const counts = { reloads: 0, restarts: 0, forgotten: 0, failedCommands: 0 };
  const bounds: Bounds = { lowest: 0, highest: -MAX_CALLS, samples: 0 };
  let isTrafficOver = false;
  const every = async (interval: number, work: () => Promise<void>) => {
    for (let next = interval; !isTrafficOver; ) {
      await pause(50);
      if (seconds() < next) continue;
      next = seconds() + interval;
      // A starved machine may make a command time out; the calls go on, and what counts are the counters.
      await work().catch((error: unknown) => {
        counts.failedCommands++;
        console.error(`a command failed: ${error instanceof Error ? error.message : String(error)}`);
      });
    }
  };
  const others = Promise.all([
    every(Number(values.reload), () => balancer.reload(++counts.reloads)),
    every(Number(values.restart), async () => {
      const at = counts.restarts++ % HOSTS.length;
      servers.forget(at);
      await pause(DEAF_MS);
      servers.isDeaf[at] = false;
      // Half of the restarts somebody tells of.
      if (counts.restarts % 2 === 0) counts.forgotten += await forget(balancer, `server${at}`);
    }),
    every(0.5, async () => void (await look(balancer, bounds))),
    every(10, async () => {
      console.log(
        `${seconds().toFixed(0).padStart(5)} s ${totals.started} calls begun, ${phones.open} open, ${balancer.residentMib.toFixed(0)} MiB`,
      );
    }),
  ]);
  while (totals.started < calls || phones.open > 0) await turn(phones, servers, open, calls);
  isTrafficOver = true;
  await others;
  // Whoever was taken out of the file is to be seen again.
  await balancer.reload(0);
  const traffic = seconds();
  console.log(`${calls} calls in ${traffic.toFixed(0)} s: ${JSON.stringify({ ...totals, ...counts })}`);
  let left = -1;
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end && left !== 0; ) {
    await turn(phones, servers, 0, 0);
    await pause(20);
    if (values.quick) for (const at of HOSTS.keys()) await forget(balancer, `server${at}`);
    left = await look(balancer, bounds);
  }
  const audit = await balancer.admin.audit(false);
  const drift = audit.destinations.reduce((sum, one) => sum + Math.abs(one.drift), 0);
  const lost = (await balancer.admin.destinations()).reduce((sum, { counters }) => sum + counters.calls_lost, 0);
  console.log(`${left} calls counted ${(seconds() - traffic).toFixed(0)} s later, ${lost} ended without a BYE`);
  console.log(
    `loads: lowest ${bounds.lowest}, at most ${bounds.highest} above max_calls, of ${bounds.samples} samples`,
  );
  for (const { set, destination, ringing, talking } of audit.destinations)
    console.log(`left: ${set} ${destination}, ${ringing} ringing, ${talking} talking`);
  console.log(`audit: ${audit.destinations.length} destinations with calls, drift ${drift}, workers ${audit.workers}`);
  return left === 0 && bounds.lowest >= 0 && bounds.highest <= 0 && audit.ok && audit.destinations.length === 0;
}

async function turn(phones: Phones, servers: Servers, open: number, calls: number): Promise<void> {
  const heard = phones.turn(open, calls) + servers.turn();
  await (heard === 0 ? pause(1) : new Promise((resolve) => setImmediate(resolve)));
}

/** The calls that are counted now, of all destinations. */
async function look(balancer: MixedBalancer, bounds: Bounds): Promise<number> {
  let sum = 0;
  for (const { load, max_calls } of await balancer.admin.destinations()) {
    bounds.lowest = Math.min(bounds.lowest, load);
    if (max_calls > 0) bounds.highest = Math.max(bounds.highest, load - max_calls);
    sum += load;
  }
  bounds.samples++;
  return sum;
}

async function forget(balancer: MixedBalancer, name: string): Promise<number> {
  let forgotten = 0;
  for (const { set } of (await balancer.admin.destinations()).filter((one) => one.name === name))
    forgotten += (await balancer.admin.forgetCalls(set, name)).forgotten;
  return forgotten;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
