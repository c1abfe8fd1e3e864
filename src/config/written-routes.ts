// Routes in the words of fairlead.yaml.
import type { z } from "zod";
import type { RedirectActionConfig, RouteConfig, route as routeSchema } from "./sections/routes.ts";
import { formatAddressBlock } from "./values/address-block.ts";
import { formatTextPattern } from "./values/text-pattern.ts";
import type { UriPatternConfig } from "./values/uri-pattern.ts";
import { formatDuration } from "./values/written-duration.ts";
import { writtenDispatch } from "./written-dispatch.ts";

type WrittenRoute = z.input<typeof routeSchema>;

/** A route. */
export function writtenRoute(one: RouteConfig): WrittenRoute {
  const { name, methods, requestUri, from, to, match: matches, source, fromSet, listener: by, forwarding } = one;
  return {
    name,
    ...(methods.length === 0 ? {} : { method: [...methods] }),
    ...(requestUri === null ? {} : { request_uri: writtenPattern(requestUri) }),
    ...(from === null ? {} : { from: writtenPattern(from) }),
    ...(to === null ? {} : { to: writtenPattern(to) }),
    ...(matches.length === 0
      ? {}
      : { match: Object.fromEntries(matches.map(({ of, pattern }) => [of, formatTextPattern(pattern)])) }),
    ...(source.length === 0 ? {} : { source: source.map(formatAddressBlock) }),
    ...(fromSet === undefined ? {} : { from_set: fromSet }),
    ...(one.senderResources.length === 0 ? {} : { sender_resources: [...one.senderResources] }),
    ...(by === undefined ? {} : { listener: by }),
    ...(forwarding === undefined ? {} : { forwarding }),
    ...actionOf(one),
  };
}

/** A pattern over URIs. */
export function writtenPattern({ user, host }: UriPatternConfig): string {
  return user === null ? (host ?? "*") : `${user}@${host ?? "*"}`;
}

function actionOf({ action }: RouteConfig): WrittenRoute {
  switch (action.kind) {
    case "dispatch":
      return writtenDispatch(action);
    case "forward":
      return { forward: true };
    case "reject":
      return {
        reject: { status: action.status, reason: action.reason, retry_after: formatDuration(action.retryAfter * 1000) },
      };
    case "redirect":
      return { redirect: redirectOf(action) };
    case "drop":
      return { drop: true };
  }
}

function redirectOf({ status, reason, contact, set }: RedirectActionConfig): WrittenRoute["redirect"] {
  return { status, reason, ...(contact === undefined ? {} : { contact }), ...(set === undefined ? {} : { set }) };
}
