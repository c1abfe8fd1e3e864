// `fairlead run`, put together: configuration, balancer, admin API, watching, signals.
import { resolve } from "node:path";
import { startAdmin } from "./admin/server.ts";
import { adminBackend } from "./admin-backend.ts";
import { configurationIo } from "./cli/configuration-io.ts";
import { ExitCode } from "./cli/exit-code.ts";
import { type ReadOptions, readConfiguration } from "./config/open.ts";
import { formatProblem, type Problem } from "./config/problem.ts";
import type { Config } from "./config/schema.ts";
import { formatHostPort } from "./config/values/address.ts";
import { type Balancer, startBalancer } from "./control/balancer.ts";
import { type OwnedLog, openLog } from "./control/log.ts";
import { untilSignalled } from "./control/shutdown.ts";
import { watchFiles } from "./control/watch.ts";
import { PACKAGE } from "./package-facts.ts";

/** Runs until a signal ends it; the exit code. */
export async function run(files: readonly string[], options: ReadOptions): Promise<number> {
  const read = () => readConfiguration(files, options, configurationIo);
  const { config, problems } = read();
  complain(problems);
  if (config === undefined) return ExitCode.invalidConfiguration;
  const log = openLog({ level: config.log.level, format: formatOf(config), fd: 1 });
  const started = await startBalancer({
    config,
    load: async () => {
      const { config: next = null, problems: found } = read();
      return { config: next, problems: found };
    },
    workerUrl: new URL("./proxy/worker.ts", import.meta.url),
    streamsUrl: new URL("./streams/worker.ts", import.meta.url),
    log,
    accessLog: (line) => log.record({ access: JSON.parse(line) as object }, "transaction"),
  });
  if (!started.ok) {
    complain(started.problems);
    log.flush();
    return started.failure === "" ? ExitCode.invalidConfiguration : ExitCode.failure;
  }
  const { balancer } = started;
  const admin = await openAdmin(config, balancer, log);
  if (admin === null) {
    await balancer.stop();
    log.flush();
    return ExitCode.failure;
  }
  const reload = () => {
    reloaded(balancer, log).catch((error: unknown) => log.error({ error: String(error) }, "the reload failed"));
  };
  const unwatch = config.watch
    ? watchFiles(
        files.map((file) => resolve(file)),
        reload,
        (why) => log.error({ why }, "configuration files are not watched"),
      )
    : () => undefined;
  announce(balancer, admin.url, log);
  const code = await untilSignalled(process, balancer, reload, log);
  unwatch();
  await admin.close();
  log.flush();
  return code;
}

function announce(balancer: Balancer, admin: string, log: OwnedLog): void {
  for (const listener of balancer.listeners) log.info({}, `listening on ${listener}`);
  const workers = balancer.workers.status().length;
  log.info({ listeners: balancer.listeners, admin, workers, io: balancer.io, pid: process.pid }, "ready");
}

async function reloaded(balancer: Balancer, log: OwnedLog): Promise<void> {
  const { ok, generation, problems } = await balancer.control.reload();
  for (const problem of problems) log[problem.severity === "error" ? "error" : "warn"]({}, formatProblem(problem));
  if (ok) log.info({ generation }, "the new configuration is in force");
  else log.error({ generation }, "the configuration was not reloaded; the old one stays in force");
}

async function openAdmin(
  config: Config,
  balancer: Balancer,
  log: OwnedLog,
): Promise<{ url: string; close(): Promise<void> } | null> {
  if (config.admin === null) return { url: "", close: async () => undefined };
  const listen = `http://${formatHostPort(config.admin.host, config.admin.port)}`;
  const backend = adminBackend(balancer, PACKAGE.version);
  const faults = configurationIo.environment("FAIRLEAD_FAULTS") === "1";
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
