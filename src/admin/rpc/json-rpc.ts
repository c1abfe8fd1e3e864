// JSON-RPC 2.0 over HTTP, as far as Kamailio's and OpenSIPS's management interfaces speak it: one request, one answer.

import type { Role } from "../../config/sections/admin.ts";
import { isObject } from "../../config/values/object.ts";
import type { Log } from "../../control/log.ts";
import { type Access, isEnough } from "../access.ts";
import type { AdminBackend } from "../backend.ts";

/** What a command works with. */
export interface RpcCall {
  readonly backend: AdminBackend;
  readonly log: Log;
  readonly access: Access;
  /** What the audit log shall say; what changes nothing says nothing, and is not in it. */
  note(what: string): void;
}

/** A command of a foreign product. */
export interface RpcCommand {
  /** All its names. */
  readonly names: readonly string[];
  /** Names of its parameters, in order; `a|b`: either. */
  readonly parameters: readonly string[];
  /** Who may use it. */
  readonly role: Role;
  /** Whether it changes something when it is called so, which a viewer may not; absent: as the role says. */
  readonly changes?: (...parameters: readonly (string | undefined)[]) => boolean;
  /** The result. Parameters that were not given are undefined. Throws RpcFault. */
  run(call: RpcCall, ...parameters: readonly (string | undefined)[]): unknown;
}

/** A command's refusal. */
export class RpcFault extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** In which the two products differ. */
export interface Dialect {
  readonly commands: readonly RpcCommand[];
  /** Whether an object of parameters is taken by its order, whatever the names. */
  readonly isOrdered: boolean;
  readonly unknownMethod: RpcFault;
  /** HTTP status of an answer that is an error. */
  readonly statusOf: (fault: RpcFault) => number;
}

/** An answer, ready to be sent. */
export interface RpcAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Codes of the specification. */
const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;

/** Carries out the request in `text`. Rejects only when a command does so with something else than a fault. */
export async function answerRpc(dialect: Dialect, text: string, call: RpcCall): Promise<RpcAnswer> {
  let id: unknown;
  try {
    const request = parse(text);
    id = idOf(request);
    const { method, params } = request;
    if (request.jsonrpc !== "2.0" || typeof method !== "string")
      throw new RpcFault(INVALID_REQUEST, 'expected {"jsonrpc": "2.0", "method": ..., "params": ..., "id": ...}');
    const command = dialect.commands.find(({ names }) => names.includes(method));
    if (command === undefined) throw dialect.unknownMethod;
    const parameters = parametersOf(command, params, dialect.isOrdered);
    const changes = command.changes?.(...parameters) ?? command.role !== "viewer";
    if (changes) call.note([method, ...parameters].join(" ").slice(0, 300));
    if (!isEnough(call.access, command.role)) throw notEnough(call, command.role);
    if (changes && !isEnough(call.access, "operator")) throw notEnough(call, "operator");
    if (changes) call.log.info({ by: call.access.name, method, parameters }, "a command");
    return { status: 200, body: envelope({ result: await command.run(call, ...parameters) }, id) };
  } catch (error) {
    if (!(error instanceof RpcFault)) throw error;
    const { code, message } = error;
    return { status: dialect.statusOf(error), body: envelope({ error: { code, message } }, id) };
  }
}

function notEnough({ access }: RpcCall, role: Role): RpcFault {
  return new RpcFault(403, `${access.name} is ${access.role}, this takes ${role}`);
}

function parse(text: string): Readonly<Record<string, unknown>> {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    throw new RpcFault(PARSE_ERROR, "not JSON");
  }
  if (!isObject(request)) throw new RpcFault(INVALID_REQUEST, "one request at a time, as an object");
  return request;
}

function idOf({ id }: Readonly<Record<string, unknown>>): unknown {
  return typeof id === "string" || typeof id === "number" || id === null ? id : undefined;
}

/** Both products answer a request without an id, too. */
function envelope(outcome: object, id: unknown): object {
  return { jsonrpc: "2.0", ...outcome, ...(id === undefined ? {} : { id }) };
}

function parametersOf({ parameters }: RpcCommand, given: unknown, isOrdered: boolean): (string | undefined)[] {
  if (given === undefined || given === null) return [];
  if (Array.isArray(given)) return given.map(textOf);
  if (!isObject(given)) throw new RpcFault(INVALID_REQUEST, "params are a list or an object");
  return isOrdered ? Object.values(given).map(textOf) : parameters.map((names) => textOf(named(given, names)));
}

function named(given: Readonly<Record<string, unknown>>, names: string): unknown {
  const name = names.split("|").find((one) => Object.hasOwn(given, one));
  return name === undefined ? undefined : given[name];
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw new RpcFault(INVALID_REQUEST, "a parameter is a text or a number");
}
