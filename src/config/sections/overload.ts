// Section `overload`: how much new work is taken, and who is sent away first.
import { z } from "zod";
import { duration } from "../values/duration.ts";
import { refuse } from "../values/issue.ts";
import { type UriPatternConfig, uriPattern } from "../values/uri-pattern.ts";

/** A request URI of emergency calls: a service URN with all below it, or a pattern. */
export type EmergencyConfig =
  | { readonly kind: "urn"; readonly urn: string }
  | { readonly kind: "uri"; readonly uri: UriPatternConfig };

const emergency = z
  .string()
  .meta({ title: "request URI", examples: ["urn:service:sos", "112@*"] })
  .transform((text, sink): EmergencyConfig => {
    if (/^urn:/i.test(text)) {
      if (/^urn:[a-z0-9-]+:[a-z0-9.-]+$/i.test(text)) return { kind: "urn", urn: text.toLowerCase() };
      return refuse(sink, text, `"${text}" is not a service URN`, "such as urn:service:sos");
    }
    const uri = uriPattern.safeParse(text);
    if (!uri.success)
      return refuse(sink, text, `"${text}" is no request URI`, "urn:service:sos, or [user@]host with *");
    if (uri.data.user === null && uri.data.host === null)
      return refuse(sink, text, "every call would be an emergency call", "such as 112@*");
    return { kind: "uri", uri: uri.data };
  });

/** Answers per second beside no limit at all. */
const PLENTY = 1_000_000;

function enough(answers: number): number {
  return answers === 0 ? PLENTY : Math.min(answers, PLENTY);
}

const perSecond = z.int().min(0).max(1_000_000).default(0);

/** Schema of the section. */
export const overload = z
  .strictObject({
    max_new_calls_per_second: perSecond.describe(
      "INVITEs outside of dialogs that are taken per second, over all workers; 0: no limit. More are answered with 503.",
    ),
    max_new_requests_per_second: perSecond.describe(
      "The same for every other request outside of dialogs: REGISTER, SUBSCRIBE, OPTIONS, MESSAGE, PUBLISH. 0: no limit.",
    ),
    burst: duration(10, 20_000)
      .prefault("250ms")
      .describe("After a quiet time so much of both budgets may come at once; at least ten requests."),
    queues: z
      .boolean()
      .default(true)
      .describe(
        "Refuse new requests, strangers' first, while receive queues are more than a third full. With `io: portable` those of UDP are not seen.",
      ),
    stream_delay: duration(0, 60_000)
      .prefault("500ms")
      .describe(
        "The event loop of the stream worker being so late, without a break, is as much as a full queue to what comes over TCP, TLS and WebSocket; 0s: it does not count.",
      ),
    max_answers_per_second: z
      .int()
      .min(0)
      .max(1_000_000)
      .optional()
      .describe(
        "503s per second that say so; who comes beyond them gets no answer. Default: twice both limits, if there are any.",
      ),
    retry_after: duration(2_000, 3_600_000)
      .prefault("10s")
      .describe("Retry-After of such answers, and of those because of full tables; each is up to half more or less."),
    emergency: z
      .array(emergency)
      .max(64)
      .prefault(["urn:service:sos"])
      .describe("Request URIs of calls that are always taken: service URNs with all below them, or patterns."),
  })
  .prefault({})
  .transform((given) => ({
    queues: given.queues,
    streamDelay: given.stream_delay,
    newCalls: given.max_new_calls_per_second,
    newRequests: given.max_new_requests_per_second,
    burst: given.burst,
    answers:
      given.max_answers_per_second ?? enough(2 * (given.max_new_calls_per_second + given.max_new_requests_per_second)),
    retryAfter: given.retry_after,
    emergency: given.emergency,
  }))
  .describe("How much new work is taken. What belongs to a dialog is never refused because of it.");
