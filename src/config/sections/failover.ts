// Keys `failover`, `unavailable` and `no_destination`: when the next destination is tried, and what is answered when none is left.
import { z } from "zod";
import { ABOUT_REQUEST, isAboutRequest } from "../../sip/about-request.ts";
import { duration } from "../values/duration.ts";
import { refuse } from "../values/issue.ts";

const CLASS = /^[3-6]xx$/;

/** What else than a response moves a request on. */
const HAPPENINGS = ["timeout", "ring_timeout", "transport_error"] as const;
type Happening = (typeof HAPPENINGS)[number];

const reason = z
  .union([z.enum(HAPPENINGS), z.int(), z.string().regex(CLASS, "a code, or a class such as 5xx")])
  .transform((value, sink): Happening | number[] => {
    if (isHappening(value)) return value;
    if (typeof value === "string") return Array.from({ length: 100 }, (_, i) => Number(value[0]) * 100 + i);
    if (value < 300 || value > 699)
      return refuse(
        sink,
        value,
        `${value} is no code to fail over on`,
        "timeout, ring_timeout, transport_error, a code from 300 to 699, or a class such as 5xx",
      );
    return [value];
  });

function isHappening(value: string | number): value is Happening {
  return HAPPENINGS.some((one) => one === value);
}

const on = z
  .array(reason)
  .describe(
    "What moves a request to the next candidate: `timeout`, `transport_error`, `ring_timeout` (see `ring_limit`), response codes and classes of them (`5xx`).",
  );
const mark = z
  .array(reason)
  .describe(
    "What takes a destination out at once: a response code, a class of them, `timeout` (of an INVITE or REGISTER: other silence may be a phone's). 501, 505 and 513 speak of the request, so `5xx` does not contain them here: they mark where they are written out. A good probe, or where it is not probed a back-off, brings it back; the last usable one of a set stays. Kamailio's and OpenSIPS's `ds_mark_dst`.",
  );
/** What a mark makes of a destination. */
export const MARKED_AS = ["inactive", "disabled"] as const;
const markAs = z
  .enum(MARKED_AS)
  .describe(
    'What `mark` makes of a destination: `inactive`, until it is found to be well (OpenSIPS\'s `ds_mark_dst("p")`), or `disabled`, not probed either, until somebody enables it (`ds_mark_dst("i")`, or without a letter). It is `inactive` in any case where fewer than half of the set would be left, and where nobody of the set answers: `timeout` disables who is silent alone.',
  );
const markAfter = z
  .int()
  .min(1)
  .max(1_000)
  .describe(
    "How many such failures in a row it takes: none more than a minute after the one before, and no good probe between them (OpenSIPS counts what `p` marks to its `ds_probing_threshold`).",
  );
const tries = z.int().min(1).max(64).describe("Most destinations tried for one request.");
const answerWithin = duration(50, 180_000).describe("No response at all, 100 included, within this time is a timeout.");
const ringLimit = duration(0, 3_600_000).describe(
  "How long an INVITE may go on from its first provisional response, 100 included, without a final one; then it is cancelled, and `ring_timeout` decides whether somebody else is tried or the caller gets 408. `0s`: until Timer C only (`timers.c`). Kamailio's `fr_inv_timer`, which every 1xx starts again; this one is not.",
);
const afterProvisional = z.boolean().describe("Whether failover still happens after a 101-199 was passed on.");
const retryAfterCap = duration(0, 3_600_000).describe(
  "A destination's 503 with Retry-After keeps new requests from it, for at most so long; `0s`: not at all.",
);

/** Schema of `failover` of a set. */
export const failover = z
  .strictObject({
    on: on.prefault(["timeout", "transport_error", 500, 502, 503, 504]),
    tries: tries.default(3),
    answer_within: answerWithin.prefault("2s"),
    ring_limit: ringLimit.prefault("0s"),
    after_provisional: afterProvisional.default(false),
    mark: mark.default([]),
    mark_as: markAs.default("inactive"),
    mark_after: markAfter.default(1),
    retry_after_cap: retryAfterCap.prefault("60s"),
  })
  .transform(
    (value): FailoverConfig => ({
      ...eventsOf(value.on),
      tries: value.tries,
      answerWithin: value.answer_within,
      ringLimit: value.ring_limit,
      afterProvisional: value.after_provisional,
      ...marksOf(value.mark),
      markAs: value.mark_as,
      markAfter: value.mark_after,
      retryAfterCap: value.retry_after_cap,
    }),
  )
  .prefault({})
  .describe("When the next destination is tried.");

/** Schema of `failover` of a route: what is not given is as the set has it. */
export const failoverOverride = z
  .strictObject({
    on: on.optional(),
    tries: tries.optional(),
    answer_within: answerWithin.optional(),
    ring_limit: ringLimit.optional(),
    after_provisional: afterProvisional.optional(),
    mark: mark.optional(),
    mark_as: markAs.optional(),
    mark_after: markAfter.optional(),
  })
  .transform(
    (value): Partial<FailoverConfig> => ({
      ...(value.on === undefined ? {} : eventsOf(value.on)),
      ...(value.tries === undefined ? {} : { tries: value.tries }),
      ...(value.answer_within === undefined ? {} : { answerWithin: value.answer_within }),
      ...(value.ring_limit === undefined ? {} : { ringLimit: value.ring_limit }),
      ...(value.after_provisional === undefined ? {} : { afterProvisional: value.after_provisional }),
      ...(value.mark === undefined ? {} : marksOf(value.mark)),
      ...(value.mark_as === undefined ? {} : { markAs: value.mark_as }),
      ...(value.mark_after === undefined ? {} : { markAfter: value.mark_after }),
    }),
  );

type Event = z.output<typeof reason>;

function codesOf(events: readonly Event[]): number[] {
  return [...new Set(events.flatMap((event) => (typeof event === "string" ? [] : event)))].sort((a, b) => a - b);
}

function marksOf(events: readonly Event[]) {
  // A code that is written out is an array of one.
  const meant = events.map((event) =>
    typeof event === "string" || event.length === 1 ? event : event.filter((code) => !isAboutRequest(code)),
  );
  return { marks: codesOf(meant), marksTimeout: events.includes("timeout") };
}

function eventsOf(events: readonly Event[]) {
  return {
    codes: codesOf(events),
    onTimeout: events.includes("timeout"),
    onRingTimeout: events.includes("ring_timeout"),
    onTransportError: events.includes("transport_error"),
  };
}

/** Failover; times in milliseconds. */
export interface FailoverConfig {
  readonly codes: readonly number[];
  readonly onTimeout: boolean;
  readonly onRingTimeout: boolean;
  readonly onTransportError: boolean;
  readonly tries: number;
  readonly answerWithin: number;
  /** 0: none. */
  readonly ringLimit: number;
  readonly afterProvisional: boolean;
  /** Codes that mark a destination, and whether silence does. */
  readonly marks: readonly number[];
  readonly marksTimeout: boolean;
  readonly markAs: (typeof MARKED_AS)[number];
  readonly markAfter: number;
  readonly retryAfterCap: number;
}

/** Codes as they are written, classes as such; those of `apart` are in no class. */
export function writtenCodes(codes: readonly number[], apart: readonly number[] = []): (number | string)[] {
  const isOf = (one: number) => (code: number) => Math.floor(code / 100) === one && !apart.includes(code);
  const classes = [3, 4, 5, 6].filter(
    (one) => codes.filter(isOf(one)).length === 100 - apart.filter((code) => Math.floor(code / 100) === one).length,
  );
  const others = codes.filter((code) => !classes.some((one) => isOf(one)(code)));
  return [...others, ...classes.map((one) => `${one}xx`)];
}

/** What moves a request on, as it is written. */
export function writtenEvents(failover: Partial<FailoverConfig>): (number | string)[] {
  const { onTimeout, onRingTimeout, onTransportError, codes = [] } = failover;
  const happens = { timeout: onTimeout, ring_timeout: onRingTimeout, transport_error: onTransportError };
  return [...HAPPENINGS.filter((one) => happens[one] === true), ...writtenCodes(codes)];
}

/** Codes that mark as they are written. */
export function writtenMarks(marks: readonly number[]): (number | string)[] {
  return writtenCodes(marks, ABOUT_REQUEST);
}

/** Reason phrases: printable, without line ends. */
export const phrase = z
  .string()
  .regex(/^[\x20-\x7e]{0,128}$/, "a reason phrase is printable ASCII, at most 128 characters");

const answerFields = {
  status: z.int().min(400).max(699).default(500).describe("Code of the answer."),
  reason: phrase.default("Server Internal Error").describe("Its reason phrase."),
  retry_after: duration(0, 86_400_000).prefault("0s").describe("Retry-After, rounded up to seconds; `0s`: none."),
};

function answerOf<T extends { readonly retry_after: number }>({ retry_after, ...rest }: T) {
  return { ...rest, retryAfter: Math.ceil(retry_after / 1_000) };
}

/** Schema of `unavailable` of a route. */
export const unavailableOverride = z.strictObject(answerFields).transform(answerOf);

/** Schema of `unavailable` of a set. */
export const unavailable = unavailableOverride
  .prefault({})
  .describe("What the caller gets instead of a destination's 503 when no candidate is left.");

/** Schema of `no_destination`; an empty reason: the usual one of the code. */
export const refusal = z
  .strictObject({
    ...answerFields,
    status: z.int().min(400).max(699).default(503).describe("Code of the answer."),
    reason: phrase.default("").describe("Its reason phrase. Default: the usual one of the code."),
  })
  .transform(answerOf);

/** The answer when no candidate is left; `retryAfter` in seconds, 0: none. */
export interface UnavailableConfig {
  readonly status: number;
  readonly reason: string;
  readonly retryAfter: number;
}
