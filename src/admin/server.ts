// The admin server: HTTP on loopback. It refuses what a foreign web page could send, says errors as problem details, and
// never shows a secret.
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import type { Role } from "../config/sections/admin.ts";
import { isLoopback } from "../config/values/address.ts";
import type { Log } from "../control/log.ts";
import { type Access, admit, NOBODY, whoAsks } from "./access.ts";
import { AuditLog } from "./audit-log.ts";
import type { AdminBackend } from "./backend.ts";
import type { AdminContext } from "./context.ts";
import { bearerToken, commandToken, withoutToken } from "./credentials.ts";
import { register } from "./dispatch.ts";
import { ConfigurationDocument } from "./document.ts";
import { EventStreams } from "./event-streams.ts";
import { hostOf, refusal } from "./guard.ts";
import { createMetrics } from "./metrics.ts";
import { openapiOf } from "./openapi.ts";
import { detailsOf, HttpProblem, PROBLEM_TYPE } from "./problem.ts";
import { ROUTE_GROUPS } from "./routes/index.ts";

const BODY_BYTES = 65_536;
/** Some clients send a password only to who has asked for it. */
const COMMAND_CHALLENGES = ["Bearer", 'Basic realm="fairlead"'];

/** What the server needs. */
export interface AdminOptions {
  /** `http://HOST:PORT`; the host a loopback address, the port 0 for any. */
  readonly listen: string;
  readonly backend: AdminBackend;
  readonly log: Log;
  /** Opens `POST /api/v1/fault` (FAIRLEAD_FAULTS=1). */
  readonly faults: boolean;
  /** Told of every route that is there, by its pattern. */
  readonly onRoute?: (method: string, path: string) => void;
}

/** A running admin server. */
export interface AdminServer {
  /** Where it listens, `http://127.0.0.1:5080`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Why an address may not be used; empty when it may. Unencrypted, tokens included, the API stays on this machine. */
export function listenProblem(listen: string): string {
  const url = URL.parse(listen);
  if (url === null || url.protocol !== "http:" || url.hostname === "") return `not an http:// address: ${listen}`;
  return isLoopback(hostOf(url.host)) ? "" : "the admin API is not encrypted and listens on loopback only";
}

/** Names in paths: a destination's own, and an address. */
const MOST_NAME = 1_024;

/** What is asked is read by the operations' own schemas (dispatch.ts). Without this, a second validator would be loaded at every start. */
function noSchemas(): never {
  throw new Error("operations have their own schemas");
}

/** Builds the server without listening; tests use `inject`. */
export function createAdminApp(options: AdminOptions): FastifyInstance {
  const { backend, log, faults } = options;
  const host = hostOf(URL.parse(options.listen)?.host ?? "");
  const app = fastify({
    logger: false,
    bodyLimit: BODY_BYTES,
    forceCloseConnections: true,
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: MOST_NAME },
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  });
  app.addHook("onRoute", ({ method, url }) => {
    for (const each of [method].flat()) options.onRoute?.(each, url);
  });
  const accesses = new WeakMap<FastifyRequest, Access>();
  const notes = new WeakMap<FastifyRequest, string>();
  const audit = new AuditLog();
  app.addHook("onRequest", async (request, reply) => {
    reply.header("cache-control", "no-store").header("x-content-type-options", "nosniff");
    const why = refusal(request.headers, host);
    if (why !== "") throw new HttpProblem(403, why);
    const access = whoAsks(backend.access().tokens, tokenOf(request));
    if (access !== null) accesses.set(request, access);
    admit(access, request.is404 ? "viewer" : roleOf(request));
  });
  // The audit log: every request that was meant to change something, whoever sent it and whatever came of it.
  app.addHook("onResponse", async (request, reply) => {
    const { method, ip } = request;
    if (method === "GET" || method === "HEAD") return;
    const [what, access] = [notes.get(request), accesses.get(request)];
    if (what === undefined && access !== undefined && isCommand(request)) return;
    const record = {
      by: access?.name ?? "",
      from: ip,
      method,
      url: withoutToken(request.url),
      status: reply.statusCode,
      ...(what === undefined ? {} : { what }),
    };
    log.info({ audit: record }, "a request to the admin API");
    // Whoever has no access shall not make it forget those who have.
    if (access !== undefined) audit.add({ at: new Date().toISOString(), ...record });
  });
  app.setErrorHandler((error, request, reply) => {
    const details = detailsOf(error);
    if (details.status >= 500 && !(error instanceof HttpProblem)) {
      log.error(
        { method: request.method, url: withoutToken(request.url), error: String(error) },
        "an admin request failed",
      );
    }
    if (details.status === 401) reply.header("www-authenticate", isCommand(request) ? COMMAND_CHALLENGES : "Bearer");
    if (error instanceof HttpProblem) reply.headers(error.headers);
    return reply.code(details.status).type(PROBLEM_TYPE).send(JSON.stringify(details));
  });
  app.setNotFoundHandler((request) => {
    throw new HttpProblem(404, `there is no ${request.method} ${request.url.split("?")[0]}`);
  });
  const streams = new EventStreams(backend.events);
  app.addHook("preClose", async () => streams.close());
  const groups = ROUTE_GROUPS.filter(({ name }) => faults || name !== "fault");
  const operations = groups.flatMap((group) => group.operations);
  const { version } = backend.process();
  const context: AdminContext = {
    backend,
    log,
    audit,
    streams,
    metrics: createMetrics(backend),
    document: new ConfigurationDocument(backend),
    openapi: () => openapiOf(operations, version),
    accessOf: (request) => accesses.get(request) ?? NOBODY,
    isWelcome: (request) => whoAsks(backend.access().tokens, tokenOf(request)) !== null,
    note: (request, what) => void notes.set(request, what),
  };
  for (const one of operations) register(app, one, context);
  for (const group of groups) group.register?.(app, context);
  return app;
}

/** As the operation behind the path says it; who says nothing asks by himself. */
function roleOf({ routeOptions: { config } }: FastifyRequest): Role | null {
  const { role = "viewer" } = config as { readonly role?: Role | null };
  return role;
}

function tokenOf(request: FastifyRequest): string | undefined {
  const { authorization } = request.headers;
  return isCommand(request) ? commandToken(authorization, request.url) : bearerToken(authorization);
}

/** A foreign command, which changes something only if it says so. */
function isCommand({ routeOptions: { config } }: FastifyRequest): boolean {
  const { isCommand = false } = config as { readonly isCommand?: boolean };
  return isCommand;
}

/** Starts it. Rejects when the address is taken or not allowed. */
export async function startAdmin(options: AdminOptions): Promise<AdminServer> {
  const problem = listenProblem(options.listen);
  if (problem !== "") throw new Error(problem);
  const { host, port } = new URL(options.listen);
  const app = createAdminApp(options);
  const url = await app.listen({ host: hostOf(host), port: Number(port === "" ? "80" : port) });
  return { url, close: () => app.close() };
}
