// The program's commands. A new one is one file and one line here.
import { algorithmCommand } from "./algorithm.ts";
import { auditCommand } from "./audit.ts";
import { callsCommand } from "./calls.ts";
import { checkCommand } from "./check.ts";
import type { Command } from "./command.ts";
import { completionCommand } from "./completion.ts";
import { configCommand } from "./config.ts";
import { countersCommand } from "./counters.ts";
import { destinationsCommand } from "./destinations.ts";
import { eventsCommand } from "./events.ts";
import { explainCommand } from "./explain.ts";
import { importCommand } from "./import.ts";
import { reloadCommand } from "./reload.ts";
import { routesCommand } from "./routes.ts";
import { rpcCommand } from "./rpc.ts";
import { setsCommand } from "./sets.ts";
import { sourcesCommand } from "./sources.ts";

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  checkCommand,
  importCommand,
  explainCommand,
  algorithmCommand,
  setsCommand,
  destinationsCommand,
  callsCommand,
  countersCommand,
  routesCommand,
  sourcesCommand,
  configCommand,
  eventsCommand,
  auditCommand,
  reloadCommand,
  rpcCommand,
  completionCommand,
];
