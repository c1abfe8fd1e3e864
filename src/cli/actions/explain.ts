// What `fairlead explain` does.
import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import type { AdminClient } from "../../admin/client.ts";
import { formatProblem } from "../../config/problem.ts";
import type { Config } from "../../config/schema.ts";
import { whyUnreadable } from "../../config/why-unreadable.ts";
import { explain } from "../../explain/explain.ts";
import type { Explanation } from "../../explain/explanation.ts";
import { fileMessage, type MessageText, shortMessage } from "../../explain/message-text.ts";
import { findNames } from "../../explain/names.ts";
import { type LiveStates, setStage } from "../../explain/stage.ts";
import { readWithSources } from "../../sources/load.ts";
import { type AdminCommandOptions, UsageError, withAdmin } from "../admin-command.ts";
import { configurationIo } from "../configuration-io.ts";
import { type ConfigurationFlags, readOptions } from "../configuration-options.ts";
import { ExitCode } from "../exit-code.ts";
import { explanationText } from "../explain-text.ts";
import { wantsColour } from "../table.ts";

/** Its options as commander hands them over. */
export interface ExplainFlags extends ConfigurationFlags {
  readonly config: string;
  readonly callId?: string;
  readonly from?: string;
  readonly to?: string;
  readonly header?: string[];
  readonly source?: string;
  readonly listener?: string;
  readonly output: AdminCommandOptions["output"];
  readonly token?: string;
}

/** Largest message that one datagram holds. */
const LARGEST = 65_507;
/** Who sends a message in short form, when nobody says who (RFC 5737: nobody's address). */
const SOMEBODY = "192.0.2.1:5060";

/** Explains the message that is meant, or sets the exit code. */
export async function explainMessage(words: readonly string[], flags: ExplainFlags): Promise<void> {
  const { admin = "", output, token } = flags;
  await withAdmin({ admin, output, ...(token === undefined ? {} : { token }) }, async (client) => {
    const message = messageOf(words, flags);
    const config = await readConfig(flags);
    if (config === null) return;
    const live = admin === "" ? null : await liveStates(client);
    const explanation = await explained(config, message, flags, live);
    if (explanation !== null) print(explanation, output);
  });
}

async function explained(
  config: Config,
  message: MessageText,
  { source, listener }: ExplainFlags,
  live: LiveStates | null,
): Promise<Explanation | null> {
  const stage = setStage(config, live, await findNames(config));
  if (!("snapshot" in stage)) {
    for (const problem of stage) process.stderr.write(`error: ${problem}\n`);
    process.exitCode = ExitCode.invalidConfiguration;
    return null;
  }
  const explanation = explain(config, stage, message, { source, listener, isLive: live !== null });
  if (typeof explanation === "string") throw new UsageError(explanation);
  return explanation;
}

async function readConfig(flags: ExplainFlags): Promise<Config | null> {
  // --admin means the running instance here, not where one would listen.
  const { admin: _, ...rest } = flags;
  const { config, problems } = await readWithSources([flags.config], readOptions(rest), configurationIo);
  if (config !== undefined) return config;
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
  process.exitCode = ExitCode.invalidConfiguration;
  return null;
}

function messageOf(words: readonly string[], flags: ExplainFlags): MessageText {
  const [first = "-", second, third] = words;
  if (third !== undefined) throw new UsageError(`"${third}" is too much: a file, or a method and a request URI`);
  const message = second === undefined ? fileMessage(read(first)) : shortOf(first, second, flags);
  if (message.bytes.length > LARGEST)
    throw new UsageError(`the message does not fit into a datagram (${LARGEST} bytes)`);
  if (message.bytes.length === 0) throw new UsageError("the message is empty");
  return message;
}

function shortOf(method: string, requestUri: string, { callId, from, to, header, source }: ExplainFlags): MessageText {
  const parts = [method, requestUri, callId, from, to, source, ...(header ?? [])];
  if (parts.some((part) => part !== undefined && /\p{Cc}/u.test(part)))
    throw new UsageError("a control character in the short form; use a file for such messages");
  return shortMessage({ method, requestUri, callId, from, to, source: source ?? SOMEBODY, headers: header });
}

function read(file: string): Buffer {
  try {
    return readFileSync(file === "-" ? 0 : file);
  } catch (error) {
    const code = whyUnreadable(error);
    throw new UsageError(`the message cannot be read from ${file === "-" ? "standard input" : file}: ${code}`);
  }
}

async function liveStates(client: AdminClient): Promise<LiveStates> {
  const destinations = await client.destinations();
  return new Map(
    destinations.map(({ set, name, state, reason, load, score, resources }) => {
      const used = Object.fromEntries(Object.entries(resources).map(([resource, own]) => [resource, own.load]));
      return [`${set}\n${name}`, { state, reason, load, score, resources: used }];
    }),
  );
}

function print(explanation: Explanation, output: ExplainFlags["output"]): void {
  if (output === "json") process.stdout.write(`${JSON.stringify(explanation, null, 2)}\n`);
  else if (output === "yaml") process.stdout.write(stringify(explanation));
  else process.stdout.write(explanationText(explanation, wantsColour(process.stdout, process.env)));
}
