// fairlead events: what happens, as it happens.
import { setTimeout as pause } from "node:timers/promises";
import { Option } from "commander";
import { AdminError } from "../admin/admin-error.ts";
import type { EventResource, EventType } from "../admin/resources.ts";
import { type AdminCommandOptions, addAdminOptions, withAdmin } from "./admin-command.ts";
import type { Command } from "./command.ts";
import { repeatable } from "./configuration-options.ts";

interface EventOptions extends AdminCommandOptions {
  readonly type?: EventType[];
  readonly count?: number;
}

const PAUSE_MS = 1_000;

/** `fairlead events`. */
export const eventsCommand: Command = {
  name: "events",
  summary: "Follows what happens in the running instance: a line per event, until it is interrupted.",
  register(program) {
    const command = program.command("events").description(eventsCommand.summary);
    addAdminOptions(command)
      .option("--type <type>", "only events of this type; may be repeated", repeatable)
      .addOption(new Option("--count <number>", "end after so many").argParser(Number))
      .action((options: EventOptions) =>
        withAdmin(options, async (client) => {
          let lastId = "";
          let left = options.count ?? Number.POSITIVE_INFINITY;
          for (let isFirst = true; ; isFirst = false) {
            try {
              for await (const event of client.events(options.type ?? [], lastId)) {
                lastId = event.id ?? lastId;
                process.stdout.write(`${options.output === "table" ? lineOf(event) : JSON.stringify(event)}\n`);
                if (--left <= 0) return;
              }
            } catch (error) {
              // What was cut off may come back; what was never there does not.
              if (error instanceof AdminError && (isFirst || error.status !== 0)) throw error;
            }
            await pause(PAUSE_MS);
          }
        }),
      );
  },
};

/** `10:15:07  destination.down  media/one  active -> inactive  probe: 503`. */
function lineOf({ at, type, id: _, ...rest }: EventResource): string {
  const { set, destination, from, to, uri: __, ...more } = rest;
  const name = [set, destination].filter((part) => part !== undefined).join("/");
  const states = from === undefined ? "" : `${String(from)} -> ${String(to)}`;
  const others = Object.entries(more).map(([key, value]) =>
    key === "reason" ? String(value) : `${key}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`,
  );
  const line = [at.slice(11, 19), type, name, states, ...others].filter((part) => part !== "").join("  ");
  return line.replaceAll(/\p{Cc}/gu, "?");
}
