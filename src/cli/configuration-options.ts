// Options of every command that reads a configuration: what a foreign file does not say.
import { type Command as Commander, InvalidArgumentError, Option } from "commander";
import type { ReadOptions } from "../config/open.ts";
import { PROBE_INTERVAL } from "../config/values/probe-interval.ts";
import { DURATION_HINT, formatDuration, parseDuration } from "../config/values/written-duration.ts";

/** Options as commander hands them over. */
export interface ConfigurationFlags {
  readonly listen?: string[];
  readonly set?: string;
  readonly algorithm?: string;
  readonly probe?: string;
  readonly admin?: string;
  readonly workers?: "auto" | number;
  readonly io?: string;
  readonly forwarding?: string;
}

const LISTEN_SUMMARY =
  "where to receive: udp://HOST:PORT; may be repeated; takes the place of all listeners of a fairlead.yaml";

function workers(text: string): "auto" | number {
  if (text === "auto") return text;
  if (!/^\d{1,2}$/.test(text)) throw new InvalidArgumentError("a number or auto");
  return Number(text);
}

/** What is wrong with it is told of the option: in the file, where it takes its place, there is nothing of it. */
function interval(text: string): string {
  const { least, most } = PROBE_INTERVAL;
  const ms = parseDuration(text);
  if (ms < 0) throw new InvalidArgumentError(`expected ${DURATION_HINT}.`);
  if (ms < least || ms > most)
    throw new InvalidArgumentError(`expected ${formatDuration(least)} to ${formatDuration(most)}.`);
  return text;
}

/** Collects the values of an option that may be repeated. One value each time: what follows it is an argument. */
export function repeatable(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value];
}

/** Options that say what a dispatcher.list leaves open about the way of a message. */
export function addRoutingOptions(command: Commander): Commander {
  return command
    .option("--listen <uri>", LISTEN_SUMMARY, repeatable)
    .option("--set <name>", "the dispatcher set that gets the requests")
    .option(
      "--algorithm <name>",
      "algorithm by name, by its product and number (kamailio:9), or ours for Kamailio's number",
    );
}

/** Options that say what a dispatcher.list leaves open. */
export function addImportOptions(command: Commander): Commander {
  return addRoutingOptions(command)
    .option("--probe <interval>", "probe every destination this often, such as 10s", interval)
    .option("--admin <url>", "where the admin API listens, such as http://127.0.0.1:5080");
}

/** With transactions or without. */
export function addForwardingOption(command: Commander): Commander {
  return command.addOption(
    new Option("--forwarding <mode>", "with transactions or without").choices(["stateful", "stateless"]),
  );
}

/** All options that change what a configuration says. */
export function addConfigurationOptions(command: Commander): Commander {
  const all = addImportOptions(command)
    .option("--workers <number>", "worker threads, or auto", workers)
    .addOption(new Option("--io <way>", "way onto the wire").choices(["auto", "batched", "portable"]));
  return addForwardingOption(all);
}

/** The options in the form that `readConfiguration` takes. */
export function readOptions(flags: ConfigurationFlags): ReadOptions {
  const { listen, workers: count, io, forwarding, set, algorithm, probe, admin } = flags;
  return {
    listen: listen ?? [],
    ...(set === undefined ? {} : { set }),
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(probe === undefined ? {} : { probe }),
    ...(admin === undefined ? {} : { admin }),
    overrides: {
      ...(count === undefined ? {} : { workers: count }),
      ...(io === undefined ? {} : { io }),
      ...(forwarding === undefined ? {} : { forwarding }),
    },
  };
}
