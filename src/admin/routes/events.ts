// What happens, as it happens.
import { z } from "zod";
import { EVENT_TYPES, type EventType } from "../../control/events.ts";
import { operation } from "../operation.ts";
import { HttpProblem } from "../problem.ts";
import type { RouteGroup } from "../route-group.ts";
import { EVENT } from "../schemas.ts";

const QUERY = z.strictObject({
  types: z
    .string()
    .optional()
    .transform((text, sink): readonly EventType[] => {
      const wanted = (text ?? "").split(",").filter((type) => type !== "");
      const known = EVENT_TYPES.filter((type) => wanted.includes(type));
      if (known.length === new Set(wanted).size) return known;
      sink.addIssue(`a list of ${EVENT_TYPES.join(",")}`);
      return z.NEVER;
    })
    .describe(`Only these, separated by commas: ${EVENT_TYPES.join(", ")}. Default: all.`),
});

/** Events as they happen. */
export const eventRoutes: RouteGroup = {
  name: "events",
  operations: [
    operation({
      method: "GET",
      path: "/api/v1/events",
      id: "followEvents",
      summary:
        "Server-sent events. `Last-Event-ID` (of the latest 1,000) brings what was missed; without one it begins now. `lost`: read everything again.",
      role: "viewer",
      query: QUERY,
      type: "text/event-stream",
      answer: EVENT,
      run({ context: { streams, isWelcome }, query: { types }, request, reply }) {
        if (streams.isFull)
          throw new HttpProblem(503, "too many clients follow the events", [], { "retry-after": "10" });
        const { "last-event-id": lastId = "" } = request.headers;
        reply.hijack();
        streams.add({
          response: reply.raw,
          types,
          lastId: String(lastId),
          isWelcome: () => isWelcome(request),
        });
        return reply;
      },
    }),
  ],
};
