// What a route that leads to sets says besides, in the words of fairlead.yaml.
import type { z } from "zod";
import type { DispatchActionConfig } from "./sections/dispatching.ts";
import { type FailoverConfig, type UnavailableConfig, writtenEvents, writtenMarks } from "./sections/failover.ts";
import type { RequestHeadersConfig } from "./sections/request-headers.ts";
import type { route as routeSchema } from "./sections/routes.ts";
import { formatDuration } from "./values/written-duration.ts";

type WrittenRoute = z.input<typeof routeSchema>;

/** The action of a route that leads to sets. */
export function writtenDispatch(action: DispatchActionConfig): WrittenRoute {
  const { set, others, key, resources, path, failover, unavailable, noDestination, rewriteUri, translate, headers } =
    action;
  return {
    ...(others === undefined ? { set } : { sets: [set, ...others] }),
    ...(key === undefined ? {} : { key }),
    ...(resources === undefined ? {} : { resources: [...resources] }),
    ...(path === undefined ? {} : { path }),
    ...(failover === undefined ? {} : { failover: overrideOf(failover) }),
    ...(unavailable === undefined ? {} : { unavailable: answerOf(unavailable) }),
    ...(noDestination === undefined ? {} : { no_destination: answerOf(noDestination) }),
    ...(rewriteUri === undefined ? {} : { rewrite_uri: rewriteUri }),
    ...(translate === undefined ? {} : { translate: translate.map(({ from, to }) => ({ from, to })) }),
    ...(headers === undefined ? {} : { headers: headersOf(headers) }),
  };
}

function headersOf({ remove, set, add }: RequestHeadersConfig): WrittenRoute["headers"] {
  const lines = (all: RequestHeadersConfig["set"]) => Object.fromEntries(all.map(({ name, value }) => [name, value]));
  return { remove: [...remove], set: lines(set), add: lines(add) };
}

function overrideOf(override: Partial<FailoverConfig>): WrittenRoute["failover"] {
  const { codes, tries, answerWithin, ringLimit, afterProvisional, marks, marksTimeout, markAs, markAfter } = override;
  return {
    ...(codes === undefined ? {} : { on: writtenEvents(override) }),
    ...(tries === undefined ? {} : { tries }),
    ...(answerWithin === undefined ? {} : { answer_within: formatDuration(answerWithin) }),
    ...(ringLimit === undefined ? {} : { ring_limit: formatDuration(ringLimit) }),
    ...(afterProvisional === undefined ? {} : { after_provisional: afterProvisional }),
    ...(marks === undefined ? {} : { mark: [...(marksTimeout === true ? ["timeout"] : []), ...writtenMarks(marks)] }),
    ...(markAs === undefined ? {} : { mark_as: markAs }),
    ...(markAfter === undefined ? {} : { mark_after: markAfter }),
  };
}

function answerOf({ status, reason, retryAfter }: UnavailableConfig) {
  return { status, reason, retry_after: formatDuration(retryAfter * 1000) };
}
