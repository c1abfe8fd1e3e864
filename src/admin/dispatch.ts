// From an HTTP request to the operation that it asks for: query, body and precondition are read before anything is done.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { withoutInnerNulls } from "../config/merge-patch.ts";
import { schemaFindings } from "../config/schema-findings.ts";
import type { AdminContext } from "./context.ts";
import { readPrecondition, UNCONDITIONAL } from "./etag.ts";
import type { Operation } from "./operation.ts";
import { HttpProblem } from "./problem.ts";
import type { ProblemResource } from "./resources.ts";

/** YAML comes as text; so does JSON, which is a part of it. */
const YAML_TYPES = ["application/yaml", "application/x-yaml", "text/yaml", "text/plain", "application/json"] as const;

/** What an operation does not know it must not pass over: a change that was to be tried first would be made. */
const NO_QUERY = z.strictObject({}).transform(() => undefined);

/** Makes the server answer an operation. */
export function register(app: FastifyInstance, operation: Operation, context: AdminContext): void {
  if (operation.isYaml !== true) add(app, operation, context);
  else
    app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser([...YAML_TYPES], { parseAs: "string" }, (_request, body, done) => done(null, body));
      add(scope, operation, context);
    });
}

function add(app: FastifyInstance, operation: Operation, context: AdminContext): void {
  const { method, path: url, role, bodyLimit, status } = operation;
  app.route({
    method,
    url,
    config: { role },
    // A stream has no head without its body.
    exposeHeadRoute: method === "GET" && operation.type !== "text/event-stream",
    ...(bodyLimit === undefined ? {} : { bodyLimit }),
    async handler(request, reply) {
      if (status !== undefined) reply.code(status);
      return run(operation, context, request, reply);
    },
  });
}

async function run(
  operation: Operation,
  context: AdminContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { method, ifMatch, shape, body, query } = operation;
  // The precondition comes first (RFC 9110 13.2.2): who forgot it learns that before anything else.
  const precondition = ifMatch === undefined ? UNCONDITIONAL : readPrecondition(request.headers["if-match"], ifMatch);
  if (shape !== undefined) read(shape, method === "PATCH" ? withoutInnerNulls(request.body) : request.body, "body");
  return operation.run({
    context,
    params: request.params as Readonly<Record<string, string>>,
    body: body === null ? undefined : read(body, request.body ?? undefined, "body"),
    query: query === null && isPolled(operation) ? undefined : read(query ?? NO_QUERY, request.query, "query"),
    access: context.accessOf(request),
    precondition,
    note: (what) => context.note(request, what),
    request,
    reply,
  });
}

/** Probes and scrapers bring what theirs is told to bring, and change nothing. */
function isPolled({ path }: Operation): boolean {
  return !path.startsWith("/api/");
}

/** What the schema makes of a value; 400 with everything that is wrong about it. */
function read(schema: z.ZodType, value: unknown, name: string): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = schemaFindings(schema, result.error.issues, value).map(
    ({ path, severity, what, hint }): ProblemResource => {
      return { severity, where: path.length === 0 ? name : path.map(String).join("."), what, hint };
    },
  );
  const [first] = problems;
  const hint = first === undefined || first.hint === "" ? "" : ` (${first.hint})`;
  throw new HttpProblem(400, first === undefined ? "not understood" : `${first.where}: ${first.what}${hint}`, problems);
}
