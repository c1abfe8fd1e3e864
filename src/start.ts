// `fairlead run`, put together: configuration, balancer, admin API, watching, signals.
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import type { AdminBackend } from "./admin/backend.ts";
import { adminBackend, type Tables } from "./admin-backend.ts";
import { Changes } from "./admin-changes.ts";
import { configurationEvent, logEvents, publishFigures, publishState } from "./balancer-events.ts";
import { configurationIo } from "./cli/configuration-io.ts";
import { ExitCode } from "./cli/exit-code.ts";
import type { ReadOptions } from "./config/open.ts";
import { formatProblem, type Problem } from "./config/problem.ts";
import type { Config } from "./config/schema.ts";
import { formatHostPort } from "./config/values/address.ts";
import { ConfigurationFile } from "./configuration-file.ts";
import { type Balancer, type StartResult, startBalancer } from "./control/balancer.ts";
import { EventLog } from "./control/events.ts";
import { Hooks } from "./control/hooks.ts";
import { type OwnedLog, openLog } from "./control/log.ts";
import { untilSignalled } from "./control/shutdown.ts";
import { watchFiles } from "./control/watch.ts";
import { PACKAGE } from "./package-facts.ts";
import { TableFollower } from "./sources/follower.ts";
import { Sources } from "./sources/sources.ts";
import { TableReader } from "./sources/table-reader.ts";
import { rowReport, sourceViews } from "./sources/views.ts";
import { warmReloads } from "./warm-reload.ts";

/** Milliseconds between two looks at what is due. */
const FOLLOW_INTERVAL = 250;

/** Runs until a signal ends it; the exit code. */
export async function run(files: readonly string[], options: ReadOptions): Promise<number> {
  const reader = new TableReader();
  try {
    return await runWith(reader, files, options);
  } finally {
    // A thread that is left keeps the process: who waits for the exit code of a start that failed would wait for ever.
    reader.stop();
  }
}

async function runWith(reader: TableReader, files: readonly string[], options: ReadOptions): Promise<number> {
  const now = () => performance.now();
  const sources = new Sources(reader, now);
  const file = new ConfigurationFile(files, options, sources);
  const { config, problems, isUnreachable, taken } = await file.load(null);
  complain(problems);
  // Who restarts us has to know whether that may help.
  if (config === undefined) return isUnreachable === true ? ExitCode.unreachable : ExitCode.invalidConfiguration;
  taken();
  const log = openLog({ level: config.log.level, format: formatOf(config), fd: 1 });
  const events = new EventLog({ clock: () => Date.now(), instance: randomBytes(4).toString("hex") });
  // The API is as much to load as all else of this thread: at the same time as the workers load what is theirs.
  const starting = Promise.withResolvers<void>();
  const server = config.admin === null ? null : starting.promise.then(() => import("./admin/server.ts"));
  const started: StartResult = await startBalancer({
    config,
    load: async () => {
      const inForce = () => (started.ok ? started.balancer.control.inForce.config : config);
      const before = inForce();
      const { config: next = null, problems: found, isStale, taken } = await file.load(before);
      return {
        config: next,
        problems: found,
        taken,
        isStale() {
          sources.lookAgain(before, inForce());
          return isStale();
        },
      };
    },
    workerUrl: new URL("./proxy/worker.ts", import.meta.url),
    streamsUrl: new URL("./streams/worker.ts", import.meta.url),
    log,
    accessLog: (line) => log.record({ access: JSON.parse(line) as object }, "transaction"),
    onState: (change) => publishState(events, change),
    whileStarting: starting.resolve,
  });
  if (!started.ok) {
    complain(started.problems);
    log.flush();
    return started.failure === "" ? ExitCode.invalidConfiguration : ExitCode.failure;
  }
  const { balancer } = started;
  const changes = new Changes(balancer.control, file, events);
  const { control } = balancer;
  const follower = new TableFollower({
    control,
    sources,
    log,
    now,
    clock: () => Date.now(),
    told: (result, lines) => events.publish(configurationEvent(result, "table", lines)),
  });
  const tables: Tables = {
    sources: () => sourceViews(control.inForce.config, sources, now()),
    sourceRows: (name) => rowReport(control.inForce.config, name),
    readSources: (name) => follower.lookNow(name),
  };
  const admin = await openAdmin(
    config,
    server,
    { ...adminBackend(balancer, changes, events, PACKAGE.version), ...tables },
    log,
  );
  if (admin === null) {
    await balancer.stop();
    log.flush();
    return ExitCode.failure;
  }
  const reload = () => {
    reloaded(changes, log).catch((error: unknown) => log.error({ error: String(error) }, "the reload failed"));
  };
  const unwatch = config.watch
    ? watchFiles(
        files.map((file) => resolve(file)),
        reload,
        (why) => log.error({ why }, "configuration files are not watched"),
      )
    : () => undefined;
  const unlog = logEvents(events, log, config.log.level === "debug" || config.log.level === "trace");
  const unfollow = publishFigures(balancer, events);
  const pause = (milliseconds: number) => new Promise<void>((done) => void setTimeout(done, milliseconds).unref());
  const unhook = new Hooks({ hooks: () => balancer.control.inForce.config.hooks, log, pause }).follow(events);
  // Before it is told that it is ready: whoever hears that may send one.
  const signalled = untilSignalled(process, balancer, reload, () => reader.stop(), log);
  announce(balancer, admin.url, log);
  const follow = setInterval(() => void follower.tick(), FOLLOW_INTERVAL);
  let isOver = false;
  warmReloads(config, () => isOver).catch((error: unknown) => log.error({ error: String(error) }, "no warm-up"));
  const code = await signalled;
  isOver = true;
  unwatch();
  clearInterval(follow);
  unfollow();
  unlog();
  unhook();
  await admin.close();
  log.flush();
  return code;
}

function announce(balancer: Balancer, admin: string, log: OwnedLog): void {
  for (const listener of balancer.listeners) log.info({}, `listening on ${listener}`);
  const workers = balancer.workers.status().length;
  log.info({ listeners: balancer.listeners, admin, workers, io: balancer.io, pid: process.pid }, "ready");
}

async function reloaded(changes: Changes, log: OwnedLog): Promise<void> {
  const { ok, generation, problems } = await changes.reload();
  for (const problem of problems) log[problem.severity === "error" ? "error" : "warn"]({}, formatProblem(problem));
  if (ok) log.info({ generation }, "the new configuration is in force");
  else log.error({ generation }, "the configuration was not reloaded; the old one stays in force");
}

async function openAdmin(
  config: Config,
  server: Promise<typeof import("./admin/server.ts")> | null,
  backend: AdminBackend,
  log: OwnedLog,
): Promise<{ url: string; close(): Promise<void> } | null> {
  if (config.admin === null || server === null) return { url: "", close: async () => undefined };
  const listen = `http://${formatHostPort(config.admin.host, config.admin.port)}`;
  const faults = configurationIo.environment("FAIRLEAD_FAULTS") === "1";
  const { startAdmin } = await server;
  try {
    return await startAdmin({ listen, backend, log, faults });
  } catch (error) {
    process.stderr.write(
      `error: the admin API cannot listen on ${listen}: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return null;
  }
}

function complain(problems: readonly Problem[]): void {
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
}

function formatOf({ log }: Config): "json" | "pretty" {
  if (log.format !== "auto") return log.format;
  return process.stdout.isTTY ? "pretty" : "json";
}
