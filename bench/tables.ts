// A table of many destinations comes into force while calls go on: how long that takes, and what gets lost.
// `node bench/tables.ts --rows 10000 --rate 10000`; leaves with 1 when a call is lost.
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseDatabaseUrl } from "../src/config/values/database-url.ts";
import { loadLibc } from "../src/net/libc.ts";
import { freshDatabase, freshFile } from "../test/kit/databases.ts";
import { createTable, insertRows, KAMAILIO } from "../test/sql/schemas.ts";
import { openDatagrams } from "./calls/datagram-wire.ts";
import { Generator } from "./calls/generator.ts";
import { DESTINATION_HOSTS } from "./calls/messages.ts";
import { pace } from "./calls/pace.ts";

const USAGE = `node bench/tables.ts [--rows N] [--rate MESSAGES/S] [--rounds N] [--server URL] [--port P]

Whole calls, five messages each, while a table of Kamailio's is loaded by SIGHUP; in every round all of its rows change.
  --rows    rows of the table (10000)
  --rate    messages per second (10000)
  --rounds  reloads (5)
  --server  MariaDB or PostgreSQL, mysql://root@127.0.0.1/test or sqlite; again for one after the other; without it SQLite
  --port    first of the UDP ports used on loopback (27920)`;
const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const MESSAGES_PER_CALL = 5;
const PATIENCE_MS = 30_000;
const ROUND_MS = 3_000;
/** Sets that the rows are in, besides the one that gets the calls. */
const SETS = 100;
/** Rows of one INSERT. */
const PORTION = 1_000;

interface Line {
  readonly time: string;
  readonly msg: string;
}

function statements(rows: number, port: number, round: number): string[] {
  const all = Array.from({ length: rows }, (_, i) => {
    const host = DESTINATION_HOSTS[i] ?? `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
    const setid = i < DESTINATION_HOSTS.length ? 1 : 2 + (i % SETS);
    const attrs = `weight=${1 + ((i + round) % 50)};duid=gateway-${i}`;
    return { id: i + 1, setid, destination: `sip:${host}:${port}`, attrs };
  });
  const portions: string[] = ["DELETE FROM dispatcher"];
  for (let from = 0; from < rows; from += PORTION)
    portions.push(insertRows("dispatcher", all.slice(from, from + PORTION)));
  return portions;
}

/** CPU milliseconds of the main thread and of all others so far. */
function cpuOf(pid: number): { main: number; others: number } {
  let [main, others] = [0, 0];
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const nanoseconds = Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
    if (thread === String(pid)) main = nanoseconds / 1e6;
    else others += nanoseconds / 1e6;
  }
  return { main, others };
}

function inForce(log: string): number[] {
  const lines = readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("{"));
  const told = lines.map((line) => JSON.parse(line) as Line);
  return told.filter(({ msg }) => msg === "the new configuration is in force").map(({ time }) => Date.parse(time));
}

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "10000" },
    rate: { type: "string", default: "10000" },
    rounds: { type: "string", default: "5" },
    server: { type: "string", multiple: true, default: ["sqlite"] },
    port: { type: "string", default: "27920" },
    help: { type: "boolean", default: false },
  },
});

/** `number`: of the measurement; each has ports of its own, because those of phones stay open. */
async function measure(on: string, number: number): Promise<boolean> {
  const loaded = loadLibc();
  if (!loaded.ok) throw new Error(loaded.reason);
  const [first, rows, rate, rounds] = [values.port, values.rows, values.rate, values.rounds].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const port = first + 2 * number;
  const server = on === "sqlite" ? null : parseDatabaseUrl(on);
  if (typeof server === "string") throw new Error(server);
  const database = server === null ? await freshFile() : await freshDatabase(server);
  const folder = mkdtempSync(join(tmpdir(), "fairlead-tables-"));
  const [file, log] = [join(folder, "fairlead.yaml"), join(folder, "log")];
  await database.run(createTable(KAMAILIO[3]!, database.url.engine), ...statements(10, port + 1, 0));
  const config = {
    listeners: [`udp://127.0.0.1:${port}`],
    workers: 1,
    admin: false,
    log: { format: "json" },
    timers: { linger: "5s" },
    limits: { transactions: 262_144 },
    routes: [{ set: "1" }],
    sources: [
      { kamailio: { url: database.urlText(), poll: false, defaults: { algorithm: "weighted", probe: false } } },
    ],
  };
  writeFileSync(file, JSON.stringify(config));
  const output = openSync(log, "w");
  const child = spawn(process.execPath, [MAIN, "run", file], { stdio: ["ignore", output, "inherit"] });
  try {
    const generator = new Generator(openDatagrams(loaded.libc, port, port + 1), port + 1);
    const { totals } = generator;
    for (const end = performance.now() + PATIENCE_MS; totals.done < 5; pace(generator, 100, 100))
      if (performance.now() > end) throw new Error("no call was answered");
    pace(generator, rate / MESSAGES_PER_CALL, ROUND_MS);
    pace(generator, 0, 1_000);
    generator.giveUp();
    const before = { ...totals };
    const times: string[] = [];
    for (let round = 1; round <= rounds; round++) {
      await database.run(...statements(rows, port + 1, round));
      const used = cpuOf(child.pid!);
      const from = Date.now();
      child.kill("SIGHUP");
      pace(generator, rate / MESSAGES_PER_CALL, ROUND_MS);
      const { main, others } = cpuOf(child.pid!);
      const wall = (inForce(log).at(-1) ?? 0) - from;
      times.push(
        `${wall >= 0 ? wall : `over ${ROUND_MS}`} ms (CPU ${(main - used.main).toFixed(0)} + ${(others - used.others).toFixed(0)} ms)`,
      );
    }
    pace(generator, 0, 2_000);
    const lost = generator.giveUp();
    const calls = totals.started - before.started;
    console.log(`${rows} rows in ${database.url.engine}, ${rate} messages/s:`);
    console.log(`from SIGHUP to in force ${times.join(", ")}`);
    console.log(`${lost} of ${calls} calls lost, ${totals.refused} refused`);
    return lost === 0 && totals.refused === 0;
  } finally {
    child.kill("SIGINT");
    closeSync(output);
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (values.help) console.log(USAGE);
else for (const [at, on] of values.server.entries()) if (!(await measure(on, at))) process.exitCode = 1;
