// One operation of the admin API, said once: its path, who may, what it takes and answers. The server runs it, the OpenAPI
// document describes it, and the tests walk over all of them.
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Role } from "../config/sections/admin.ts";
import type { Access } from "./access.ts";
import type { AdminContext } from "./context.ts";
import type { Precondition } from "./etag.ts";

/** Methods that the API uses. */
export type Method = "GET" | "PUT" | "POST" | "PATCH" | "DELETE";

/** A request to an operation, parsed and let in. */
export interface Call<Body, Query> {
  readonly context: AdminContext;
  /** By name in the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly query: Query;
  readonly access: Access;
  /** What the asker believes to be there. */
  readonly precondition: Precondition;
  /** What the audit log shall say besides the request. */
  note(what: string): void;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What stands in the document about it. */
export interface OperationFacts {
  readonly method: Method;
  /** With `:name` for what varies. */
  readonly path: string;
  /** Its name in generated clients. */
  readonly id: string;
  /** One sentence. */
  readonly summary: string;
  /** Least role; null: everybody who can reach it, without a token. */
  readonly role: Role | null;
  /** Whether `If-Match` has to be there; a stale one is refused in both cases. Absent: it is not looked at. */
  readonly ifMatch?: "required" | "optional";
  /** What the body has to look like; it is checked, and handed on as it was written. Absent: see `body`. */
  readonly shape?: z.ZodType;
  /** The body is YAML, of which JSON is a part: `body` gets its text. */
  readonly isYaml?: boolean;
  /** Most bytes of the body; absent: 64 KiB. */
  readonly bodyLimit?: number;
  /** Of success; absent: 200. */
  readonly status?: number;
  /** Media type of the answer; absent: JSON. */
  readonly type?: string;
  /** Shape of the answer; absent: it has no shape that JSON Schema could say. */
  readonly answer?: z.ZodType;
  /** Left out of the document: for tests of the process itself, and foreign protocols. */
  readonly isHidden?: boolean;
}

/** An operation as the server runs it. */
export interface Operation extends OperationFacts {
  readonly body: z.ZodType | null;
  readonly query: z.ZodType | null;
  run(call: Call<unknown, unknown>): unknown;
}

/** An operation as its file writes it: with the types of its own body and query. */
export interface OperationText<Body, Query> extends OperationFacts {
  /** What is made of the body; absent: there is none, or it is handed on as it was written. */
  readonly body?: z.ZodType<Body>;
  readonly query?: z.ZodType<Query>;
  /** The answer, or a promise of it; throws HttpProblem. */
  run(call: Call<Body, Query>): unknown;
}

/** A body that is handed on as it was written. */
export const AS_WRITTEN = z.record(z.string(), z.unknown());

/** Settings as a merge patch (RFC 7396): any of them, null for the default. */
export function patchOf(settings: z.ZodObject): z.ZodType {
  const entries = Object.entries(settings.shape).map(([name, schema]) => [
    name,
    z.union([schema as z.ZodType, z.null()]).optional(),
  ]);
  return z.strictObject(Object.fromEntries(entries));
}

/** Query of every change that can be tried first. */
export const DRY_RUN = z.strictObject({
  dry_run: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true")
    .describe("Says what would change and what is wrong, and changes nothing."),
});

/** Fits the types of one operation to those of all. */
export function operation<Body = undefined, Query = undefined>(text: OperationText<Body, Query>): Operation {
  // The server has parsed both with the schemas of this very operation.
  const run = (call: Call<unknown, unknown>) => text.run(call as Call<Body, Query>);
  return { ...text, body: text.body ?? null, query: text.query ?? null, run };
}
