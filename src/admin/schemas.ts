// The shapes of resources.ts as schemas: for the OpenAPI document. The compiler holds the two together.
import { z } from "zod";
import { DESTINATION_COUNTERS } from "../bridge/destination-counters.ts";
import { SERVING } from "../config/tables/source-view.ts";
import { EVENT_TYPES } from "../control/events.ts";
import { STATE_NAMES } from "../health/state.ts";
import { PROBINGS } from "./probing.ts";
import type {
  AppliedResource,
  AuditResource,
  CallsResource,
  ConfigurationResource,
  CountersResource,
  DestinationResource,
  EventResource,
  ProblemDetails,
  ReadinessResource,
  RequestRecord,
  SetDetailResource,
  SetResource,
  SourceResource,
} from "./resources.ts";

/** Schemas that have a name in the document. */
export const NAMED = z.registry<{ readonly id: string }>();

function named<T>(id: string, schema: z.ZodType<T>): z.ZodType<T> {
  return schema.register(NAMED, { id });
}

const count = z.int().min(0);
const counts = z.record(z.string(), z.number());
const time = z.iso.datetime();

const destinationFields = {
  set: z.string(),
  name: z.string(),
  configured: z.string().describe("The destination as configured; another name where a host name stands for servers."),
  uri: z.string(),
  state: z.enum(STATE_NAMES),
  reason: z.string().describe("Why it is in this state."),
  since: time,
  usable: z.boolean().describe("Whether new calls may go to it."),
  weight: count,
  priority: z.int(),
  max_calls: count.describe("0: no limit."),
  score: z.int().describe("Lower is better, where the algorithm goes by it; as configured, or as was told since."),
  load: count.describe("Calls counted on it."),
  resources: z
    .record(z.string(), z.strictObject({ capacity: count, load: count }))
    .describe("Named resources: capacity, and calls that take it."),
  failures: count.describe("Failures in a row, as calls saw them."),
  latency_ms: z.number().nullable().describe("Smoothed round trip of probes; null: unknown."),
  answer_time_ms: z
    .number()
    .nullable()
    .describe(
      "Time until the first answer, to calls and probes, with peaks kept: what `fastest` goes by; null: unknown.",
    ),
  share_percent: count.describe("How much of its share of new calls it gets while it starts slowly; 100: all of it."),
  probing: z
    .enum(PROBINGS)
    .describe(
      "Whether probes are sent: `paused` by an operator, here or for all (`dispatcher.ping_active`), `off` where the configuration asks for none.",
    ),
  probes_paused: z.boolean().describe("An operator has paused those of this destination (`pause-probes`)."),
  last_probe: z
    .strictObject({ at: time, outcome: z.enum(["ok", "bad"]), what: z.string(), rtt_ms: z.number().nullable() })
    .nullable(),
  mean_call_s: z.number().nullable().describe("Mean length of its last calls in seconds."),
  drain: z
    .strictObject({ calls: count, eta_s: z.number().nullable() })
    .nullable()
    .describe("What a draining one still has."),
  counters: z.record(z.enum(DESTINATION_COUNTERS), z.number()),
};
const destination = z.strictObject(destinationFields);
const setFields = { name: z.string(), algorithm: z.string(), usable: count, load: count };
const worker = z.strictObject({
  index: count,
  ready: z.boolean(),
  restarts: count,
  last_failure: z.string(),
  transactions: count,
  dialogs: count,
});
const problem = z.strictObject({
  severity: z.enum(["error", "warning"]),
  where: z.string().describe("`file:line:column`, or the path of the key."),
  file: z.string().optional().describe("Where it is in a file, in parts; absent where it has no place in one."),
  line: count.optional(),
  column: count.optional(),
  what: z.string(),
  hint: z.string(),
});
const difference = z.strictObject({ path: z.string(), before: z.unknown(), after: z.unknown() });

/** A destination. */
export const DESTINATION: z.ZodType<DestinationResource> = named("Destination", destination);
/** Several. */
export const DESTINATIONS = z.array(DESTINATION);
/** A set without its destinations. */
export const SET: z.ZodType<SetResource> = named("Set", z.strictObject({ ...setFields, destinations: count }));
/** Several. */
export const SETS = z.array(SET);
/** A set with its destinations. */
export const SET_DETAIL: z.ZodType<SetDetailResource> = named(
  "SetDetail",
  z.strictObject({ ...setFields, destinations: DESTINATIONS }),
);
/** What is going on, in figures. */
export const CALLS: z.ZodType<CallsResource> = named(
  "Calls",
  z.strictObject({
    transactions: count,
    dialogs: count,
    workers: z.array(worker),
    destinations: z.array(destination.pick({ set: true, name: true, state: true, load: true, max_calls: true })),
  }),
);
/** Whether calls may come, and why not. */
export const READINESS: z.ZodType<ReadinessResource> = named(
  "Readiness",
  z.strictObject({ ready: z.boolean(), reasons: z.array(z.string()), workers: z.array(worker) }),
);
/** All counters. */
export const COUNTERS_SHOWN: z.ZodType<CountersResource> = named(
  "Counters",
  z.strictObject({
    workers: counts,
    requests: z.record(z.string(), counts),
    dns: counts,
    streams: counts.nullable(),
    destinations: z.array(destination.pick({ set: true, name: true, counters: true })),
  }),
);
/** What a recount of calls found. */
export const COUNTERS_AUDIT: z.ZodType<AuditResource> = named(
  "CountersAudit",
  z.strictObject({
    ok: z.boolean(),
    repaired: z.boolean(),
    workers: z.array(count),
    missing: z.array(count).describe("Workers that did not answer in time."),
    destinations: z.array(
      z.strictObject({
        set: z.string().nullable(),
        destination: z.string().nullable(),
        ringing: count,
        talking: count,
        drift: z.int().describe("By how much more was counted."),
      }),
    ),
    resources: z
      .array(
        z.strictObject({
          set: z.string().nullable(),
          destination: z.string(),
          resource: z.string(),
          drift: z.int().describe("By how much more was counted."),
        }),
      )
      .describe("Named resources that differ."),
  }),
);
/** What a change came to. */
export const APPLIED: z.ZodType<AppliedResource> = named(
  "Applied",
  z.strictObject({
    generation: count.describe("Number of the configuration in force."),
    problems: z.array(problem),
    dry_run: z.boolean(),
    changes: z.array(difference).max(200),
  }),
);
/** The configuration in force. */
export const CONFIGURATION: z.ZodType<ConfigurationResource> = named(
  "Configuration",
  z.strictObject({
    generation: count,
    loaded_at: time,
    config: z.record(z.string(), z.unknown()).describe("In the words of fairlead.yaml; see fairlead.schema.json."),
  }),
);
/** The routes in force. */
export const ROUTES: z.ZodType<readonly unknown[]> = named(
  "Routes",
  z.array(z.unknown()).describe("As in fairlead.yaml; the first match wins."),
);
/** Tables, and how it stands with each. */
export const SOURCES: z.ZodType<readonly SourceResource[]> = z.array(
  named(
    "Source",
    z.strictObject({
      name: z.string(),
      kind: z.string(),
      place: z.string().describe("Its database and table."),
      serving: z
        .enum(SERVING)
        .describe(
          "Where the rows in force come from: the last look at the table, an earlier one, its cache, or there are none.",
        ),
      rows: count.describe("Rows in force."),
      skipped: count.describe("Those of them that make no destination."),
      remarks: z.array(z.string()).describe("The first things to be said about rows, those left out before others."),
      age_s: z.number().nullable().describe("Seconds since it was read; null: not by this process."),
      next_s: z.number().nullable().describe("Seconds until it is read again; null: on command only."),
      error: z.string().nullable().describe("Why it could not be read the last time, or what it had was refused."),
      cache_error: z.string().nullable().describe("Why its cache could not be written."),
    }),
  ),
);
/** Entries of the audit log. */
export const AUDIT: z.ZodType<readonly RequestRecord[]> = named(
  "Audit",
  z.array(
    z.strictObject({
      at: time,
      by: z.string(),
      from: z.string(),
      method: z.string(),
      url: z.string(),
      status: count,
      what: z.string().optional(),
    }),
  ),
);
/** An event; each type has more fields. */
export const EVENT: z.ZodType<EventResource> = named(
  "Event",
  z.looseObject({ id: z.string().nullable(), at: time, type: z.enum(EVENT_TYPES) }),
);
/** A refusal (RFC 9457). */
export const PROBLEM: z.ZodType<ProblemDetails> = named(
  "Problem",
  z.strictObject({
    type: z.literal("about:blank"),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    problems: z.array(problem).optional(),
  }) as z.ZodType<ProblemDetails>,
);
