// Section `hooks`: who is told when something happens. Addresses of webhooks are secrets: hook-addresses.ts reads them.
import { z } from "zod";
import { duration } from "../values/duration.ts";
import { refuse } from "../values/issue.ts";
import type { KeyReference } from "./keys.ts";

/** Events that a hook can be for; what they hold is in control/events.ts. */
export const HOOK_EVENTS = [
  "destination.down",
  "destination.up",
  "destination.draining",
  "destination.drained",
  "configuration.applied",
  "configuration.refused",
  "worker.died",
] as const;

/** A hook, addresses still as references. Times in milliseconds. */
export interface ParsedHook {
  readonly on: readonly (typeof HOOK_EVENTS)[number][];
  readonly action:
    | { readonly kind: "webhook"; readonly url: KeyReference; readonly timeout: number; readonly retries: number }
    | { readonly kind: "command"; readonly run: readonly string[]; readonly timeout: number };
}

/** Whoever knows the address of a webhook may use it. */
const address = z
  .union([
    z.string().min(1).meta({ title: "http:// or https://" }),
    z.strictObject({
      file: z.string().min(1).describe("Path of a file with the address; relative to the configuration."),
    }),
  ])
  .transform((value): KeyReference => {
    if (typeof value !== "string") return { kind: "file", path: value.file };
    const variable = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(value)?.[1];
    return variable === undefined ? { kind: "text", text: value } : { kind: "env", variable };
  });

const hook = z
  .strictObject({
    on: z
      .array(z.enum(HOOK_EVENTS))
      .min(1)
      .default(["destination.down", "destination.up"])
      .describe("Which events it is for."),
    webhook: z
      .strictObject({
        url: address.describe(
          "Where the event is posted to as JSON: `https://…`, `$` and a variable in braces, or `{file: PATH}`. It is treated as a secret.",
        ),
        timeout: duration(100, 60_000).prefault("5s").describe("An answer that comes later is a failure."),
        retries: z
          .int()
          .min(0)
          .max(10)
          .default(3)
          .describe("How often it is tried again, after 1 s, 2 s, 4 s …, when nobody answers, or with 429 or 5xx."),
      })
      .optional()
      .describe("Posts the event."),
    command: z
      .strictObject({
        run: z
          .array(z.string().min(1))
          .min(1)
          .max(64)
          .describe(
            "Program, by its absolute path, and arguments. There is no shell; the event is on standard input as JSON and in variables `FAIRLEAD_TYPE`, `FAIRLEAD_SET` and so on.",
          ),
        timeout: duration(100, 600_000).prefault("10s").describe("After that it is killed, with what it has started."),
      })
      .optional()
      .describe("Runs a program."),
  })
  .transform((given, sink): ParsedHook => {
    const { on, webhook, command } = given;
    if (webhook !== undefined && command === undefined) return { on, action: { kind: "webhook", ...webhook } };
    if (command === undefined || webhook !== undefined)
      return refuse(sink, given, "a hook has one action", "either webhook or command");
    if (!command.run[0]?.startsWith("/"))
      return refuse(sink, given, `"${command.run[0]}" is not an absolute path`, "such as /usr/local/bin/notify", [
        "command",
        "run",
      ]);
    return { on, action: { kind: "command", ...command } };
  });

/** Schema of the section. */
export const hooks = z
  .array(hook)
  .max(32)
  .default([])
  .describe(
    "Who is told when something happens. A hook gets one event at a time, in order; 256 may wait for it. They cannot be changed over the admin API.",
  );
