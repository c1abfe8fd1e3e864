// Destinations: what they are, and what an operator does to them. Changes act on the running configuration only.
import { z } from "zod";
import type { AdminBackend, Applied, Change, DestinationView } from "../backend.ts";
import { type AdminContext, findDestination, type RouteGroup } from "../context.ts";
import { HttpProblem } from "../problem.ts";
import {
  type AppliedResource,
  type DestinationResource,
  GIVEN_STATES,
  STATE_VERBS,
  type StateVerb,
} from "../resources.ts";
import { destinationResource } from "../views.ts";

const share = { weight: z.int().min(0).max(65_535), priority: z.int(), max_calls: z.int().min(0).max(0x7fffffff) };
const resources = z.record(z.string().regex(/^[A-Za-z0-9][\w.-]{0,63}$/), z.int().min(0).max(0x7fffffff));
const CHANGE = z.strictObject({ ...share, resources }).partial();
const NEW = z.strictObject({
  set: z.string().min(1),
  uri: z.string().min(1).max(1024),
  name: z.string().min(1).max(255).optional(),
  ...CHANGE.shape,
  state: z.enum(GIVEN_STATES).optional(),
  probe: z.enum(["default", "marked", "never"]).optional(),
  attrs: z.record(z.string(), z.string()).optional(),
});
// One line, so that a reason cannot imitate a log record.
const REASON = z
  .strictObject({
    reason: z
      .string()
      .max(200)
      .regex(/^[^\p{Cc}]*$/u)
      .optional(),
  })
  .optional();

interface Path {
  Params: { set: string; destination: string };
}

export const destinationRoutes: RouteGroup = {
  name: "destinations",
  register(app, context) {
    const { backend, log } = context;
    app.get("/api/v1/destinations", (): DestinationResource[] =>
      backend.destinations().map((destination) => destinationResource(backend, destination)),
    );

    app.post("/api/v1/destinations", async (request, reply) => {
      const destination = parse(NEW, request.body);
      const applied = await change(
        context,
        { kind: "add", destination },
        `${destination.set} ${destination.uri} added`,
      );
      return reply.code(201).send(applied);
    });

    app.get<Path>("/api/v1/destinations/:set/:destination", ({ params }) =>
      destinationResource(backend, findDestination(backend, params.set, params.destination).destination),
    );

    app.patch<Path>("/api/v1/destinations/:set/:destination", async ({ params, body }) => {
      const { slot, set, name } = findConfigured(backend, params);
      const wanted = parse(CHANGE, body);
      if (Object.keys(wanted).length === 0)
        throw new HttpProblem(400, "nothing to change: weight, priority, max_calls, resources");
      return change(context, { kind: "change", slot, change: wanted }, `${set} ${name} changed`);
    });

    app.delete<Path>("/api/v1/destinations/:set/:destination", async ({ params }) => {
      const { slot, set, name } = findConfigured(backend, params);
      return change(context, { kind: "remove", slot }, `${set} ${name} removed`);
    });

    app.post<Path>("/api/v1/destinations/:set/:destination/forget-calls", async ({ params }) => {
      const { destination, isWhole } = findDestination(backend, params.set, params.destination);
      return { forgotten: await backend.forgetCalls(destination.slot, isWhole) };
    });

    for (const verb of Object.keys(STATE_VERBS) as StateVerb[]) {
      app.post<Path>(`/api/v1/destinations/:set/:destination/${verb}`, ({ params, body }) => {
        const { destination, isWhole } = findDestination(backend, params.set, params.destination);
        const { slot, set } = destination;
        const name = isWhole ? destination.configured : destination.name;
        const reason = parse(REASON, body ?? undefined)?.reason ?? "";
        const state = STATE_VERBS[verb];
        backend.setState(slot, isWhole, state, reason === "" ? `operator: ${verb}` : `operator: ${reason}`);
        log.info({ set, destination: name, state, reason }, "an operator set a destination's state");
        const now = findDestination(backend, set, params.destination).destination;
        // What stands by is as active as it can be.
        if (now.state !== state && !(now.state === "standby" && state === "active"))
          throw new HttpProblem(409, `"${name}" stays ${now.state}: ${now.reason}`);
        return destinationResource(backend, now);
      });
    }
  },
};

/** Weights and the like belong to the destination as configured. */
function findConfigured(backend: AdminBackend, { set, destination: name }: Path["Params"]): DestinationView {
  const { destination, isWhole } = findDestination(backend, set, name);
  if (!isWhole) throw new HttpProblem(409, `"${name}" is a server behind "${destination.configured}": change that one`);
  return destination;
}

async function change({ backend, log }: AdminContext, wanted: Change, what: string): Promise<AppliedResource> {
  const applied = await backend.apply(wanted);
  log.info({ ok: applied.ok, generation: applied.generation }, `an operator changed the configuration: ${what}`);
  return resultOf(applied);
}

/** A refused configuration is the asker's problem, not the server's: 422 with the reasons. */
export function resultOf({ ok, generation, problems }: Applied): AppliedResource {
  if (!ok) {
    const first = problems.find(({ severity }) => severity === "error")?.what ?? "the configuration was refused";
    throw new HttpProblem(422, `${first}; the configuration in force stays as it was`, problems);
  }
  return { generation, problems };
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "body" : issue.path.join(".");
  throw new HttpProblem(400, `${where}: ${issue?.message ?? "not understood"}`);
}
