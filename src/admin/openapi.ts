// The OpenAPI 3.1 document, from the operations and their schemas.
import { z } from "zod";
import type { Operation } from "./operation.ts";
import { REASON_PHRASES } from "./reason-phrases.ts";
import { NAMED, PROBLEM } from "./schemas.ts";

type Json = Readonly<Record<string, unknown>>;

/** Where schemas with a name are. */
const COMPONENTS = "#/components/schemas/";
const BEFORE = ["400", "401", "403"] as const;

/** The document of these operations, hidden ones left out. */
export function openapiOf(operations: readonly Operation[], version: string): Json {
  const shown = operations.filter(({ isHidden }) => isHidden !== true);
  const paths = Map.groupBy(shown, ({ path }) => path.replaceAll(/:(\w+)/g, "{$1}"));
  return {
    openapi: "3.1.0",
    info: {
      title: "Fairlead admin API",
      version,
      description:
        "Writes need `If-Match` with the ETag of what was read, or `*`. A tag stands for what can be changed, not for figures that move by themselves. Errors are problem details (RFC 9457).",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "http://127.0.0.1:5080" }],
    security: [{ token: [] }],
    paths: Object.fromEntries(
      [...paths].map(([path, own]) => [
        path,
        Object.fromEntries(own.map((operation) => [operation.method.toLowerCase(), operationOf(operation)])),
      ]),
    ),
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer", description: "One of `admin.tokens`." } },
      schemas: namedSchemas(),
    },
  };
}

function operationOf(operation: Operation): Json {
  const { id, summary, role, status = 200, type = "application/json", answer, ifMatch } = operation;
  const parameters = parametersOf(operation);
  const isWrite = ifMatch !== undefined;
  const failures = [
    ...(role === null ? [] : BEFORE),
    ...(operation.path.includes(":") ? ["404"] : []),
    ...(isWrite ? ["412"] : []),
    ...(answer !== undefined && isWrite ? ["422"] : []),
    ...(ifMatch === "required" ? ["428"] : []),
  ];
  return {
    operationId: id,
    summary,
    ...(role === null ? { security: [] } : { "x-role": role }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...bodyOf(operation),
    responses: {
      [status]: {
        description: REASON_PHRASES[status] ?? "Success",
        content: { [type]: { schema: answer === undefined ? {} : schemaOf(answer) } },
      },
      ...Object.fromEntries(
        failures.map((code) => [
          code,
          {
            description: REASON_PHRASES[code] ?? "Failure",
            content: { "application/problem+json": { schema: schemaOf(PROBLEM) } },
          },
        ]),
      ),
    },
  };
}

function parametersOf({ path, query, ifMatch }: Operation): Json[] {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
  const inPath = names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } }));
  // Nothing that is asked for in a query has to be there.
  const { properties = {} } = (query === null ? {} : schemaOf(query)) as { readonly properties?: Json };
  const inQuery = Object.entries(properties).map(([name, schema]) => ({ name, in: "query", schema }));
  const header = { name: "If-Match", in: "header", required: ifMatch === "required", schema: { type: "string" } };
  return [...inPath, ...inQuery, ...(ifMatch === undefined ? [] : [header])];
}

function bodyOf({ body, shape, isYaml }: Operation): Json {
  const schema = shape ?? body;
  if (schema === null) return {};
  if (isYaml === true) {
    const content = { "application/yaml": { schema: {} }, "application/json": { schema: { type: "object" } } };
    return { requestBody: { required: true, content } };
  }
  const required = !schema.safeParse(undefined).success;
  return { requestBody: { required, content: { "application/json": { schema: schemaOf(schema) } } } };
}

/** A reference where the schema has a name, else the schema itself with references inside. */
function schemaOf(schema: z.ZodType): Json {
  const known = NAMED.get(schema);
  if (known !== undefined) return { $ref: `${COMPONENTS}${known.id}` };
  if (schema instanceof z.ZodArray) return { type: "array", items: schemaOf(schema.element as z.ZodType) };
  return plain(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
}

function namedSchemas(): Json {
  const { schemas } = z.toJSONSchema(NAMED, { io: "input", unrepresentable: "any", uri: (id) => `${COMPONENTS}${id}` });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, plain(schema as Json)]));
}

/** OpenAPI says the dialect once, for all. */
function plain({ $schema: _, $id: __, ...schema }: Json): Json {
  return schema;
}
