// The admin API as a typed client: what the command line uses. A refusal is an AdminError with the server's own words; a
// server that is not there is one with status 0.

import { AdminError, causeOf, errorOf } from "./admin-error.ts";
import type { CallPageResource } from "./call-list.ts";
import type { ProbeVerb } from "./probing.ts";
import type {
  AppliedResource,
  AuditResource,
  CallsResource,
  ConfigurationResource,
  CountersResource,
  DestinationChange,
  DestinationResource,
  EventResource,
  EventType,
  NewDestination,
  ReadinessResource,
  RequestRecord,
  ScoresChange,
  SetDetailResource,
  SetResource,
  SourceResource,
  StateVerb,
} from "./resources.ts";

/** Where the admin API listens unless it was told otherwise. */
export const DEFAULT_ADMIN = "http://127.0.0.1:5080";
/** A change waits until every worker has adopted it; longer than that and something is wrong. */
const TIMEOUT_MS = 15_000;

/** Statuses of answers that say in their body what is wrong with a command. */
const REFUSALS = [400, 403, 404, 405, 409, 500];
const FAILED = 500;

/** An answer of JSON-RPC, or a problem of the admin API. */
interface CommandAnswer {
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly status?: number;
  readonly detail?: string;
}

/** How something is changed. */
export interface WriteOptions {
  /** ETag of what was seen; absent: whatever is there. */
  readonly ifMatch?: string;
  /** Only say what would come of it. */
  readonly isDryRun?: boolean;
}

/** One instance's admin API. */
export class AdminClient {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** `url` as in the configuration: `http://127.0.0.1:5080`. An empty token: none is sent. */
  constructor(url: string, token = "") {
    this.#url = url.replace(/\/+$/, "");
    this.#headers = token === "" ? {} : { authorization: `Bearer ${token}` };
  }

  /** Also when it is not ready: that is an answer, not an error. */
  ready(): Promise<ReadinessResource> {
    return this.#call("GET", "/readyz", undefined, [503]);
  }

  /** All sets. */
  sets(): Promise<SetResource[]> {
    return this.#call("GET", "/api/v1/sets");
  }

  /** One set, with its destinations. */
  set(name: string): Promise<SetDetailResource> {
    return this.#call("GET", pathOf("sets", name));
  }

  /** Adds a set, or puts this one in its place. */
  putSet(name: string, set: object, options: WriteOptions = {}): Promise<AppliedResource> {
    return this.#write("PUT", pathOf("sets", name), options, set);
  }

  /** Changes what `change` names of a set. */
  changeSet(name: string, change: object, options: WriteOptions = {}): Promise<AppliedResource> {
    return this.#write("PATCH", pathOf("sets", name), options, change);
  }

  /** Tells what destinations are worth; returns the scores of all of the set. */
  tellScores(set: string, scores: ScoresChange): Promise<Readonly<Record<string, number>>> {
    return this.#call("PATCH", `${pathOf("sets", set)}/scores`, scores);
  }

  /** Removes a set. */
  removeSet(name: string, options: WriteOptions = {}): Promise<AppliedResource> {
    return this.#write("DELETE", pathOf("sets", name), options);
  }

  /** All destinations. */
  destinations(): Promise<DestinationResource[]> {
    return this.#call("GET", "/api/v1/destinations");
  }

  /** The operator's word about a destination, and what it is after it. */
  setState(set: string, destination: string, verb: StateVerb, reason?: string): Promise<DestinationResource> {
    const path = `${pathOf("destinations", set, destination)}/${verb}`;
    return this.#write("POST", path, {}, reason === undefined ? undefined : { reason });
  }

  /** Pauses or resumes the probes of a destination. */
  probes(set: string, destination: string, verb: ProbeVerb): Promise<DestinationResource> {
    return this.#write("POST", `${pathOf("destinations", set, destination)}/${verb}`, {});
  }

  /** The same for all destinations of a set. */
  probesOfSet(set: string, verb: ProbeVerb): Promise<SetDetailResource> {
    return this.#write("POST", `${pathOf("sets", set)}/${verb}`, {});
  }

  /** Adds a destination to a set. */
  add(destination: NewDestination, options: WriteOptions = {}): Promise<AppliedResource> {
    return this.#write("POST", "/api/v1/destinations", options, destination);
  }

  /** Changes what `change` names of a destination. */
  change(
    set: string,
    destination: string,
    change: DestinationChange,
    options: WriteOptions = {},
  ): Promise<AppliedResource> {
    return this.#write("PATCH", pathOf("destinations", set, destination), options, change);
  }

  /** Removes a destination. */
  remove(set: string, destination: string, options: WriteOptions = {}): Promise<AppliedResource> {
    return this.#write("DELETE", pathOf("destinations", set, destination), options);
  }

  /** The routes in force. */
  routes(): Promise<Readonly<Record<string, unknown>>[]> {
    return this.#call("GET", "/api/v1/routes");
  }

  /** Puts these routes in the place of all. */
  putRoutes(routes: readonly unknown[], options: WriteOptions = {}): Promise<AppliedResource> {
    return this.#write("PUT", "/api/v1/routes", options, routes);
  }

  /** All sources. */
  sources(): Promise<SourceResource[]> {
    return this.#call("GET", "/api/v1/sources");
  }

  /** Reads the table of one source, or all. */
  reloadSources(name?: string): Promise<SourceResource[]> {
    return this.#write("POST", name === undefined ? "/api/v1/sources/reload" : `${pathOf("sources", name)}/reload`, {});
  }

  /** What is going on, in figures. */
  calls(): Promise<CallsResource> {
    return this.#call("GET", "/api/v1/calls");
  }

  /** Recounts all calls; with `repair` the loads are right afterwards. */
  audit(repair: boolean): Promise<AuditResource> {
    return this.#call(repair ? "POST" : "GET", "/api/v1/counters/audit");
  }

  /** A page of the calls of a destination; `after` is the `next` of the page before, empty: the first one. */
  callsOf(set: string, destination: string, after: string, limit: number): Promise<CallPageResource> {
    const query = new URLSearchParams({ limit: String(limit), ...(after === "" ? {} : { after }) });
    return this.#call("GET", `${pathOf("destinations", set, destination)}/calls?${query}`);
  }

  /** Makes a destination free of the calls that it has; `forgotten` of them. */
  forgetCalls(set: string, destination: string): Promise<{ forgotten: number; made: number }> {
    return this.#write("POST", `${pathOf("destinations", set, destination)}/forget-calls`, {});
  }

  /** All counters. */
  counters(): Promise<CountersResource> {
    return this.#call("GET", "/api/v1/counters");
  }

  /** With its ETag. */
  async configuration(): Promise<ConfigurationResource & { readonly etag: string }> {
    const { value, etag } = await this.#answer<ConfigurationResource>("GET", "/api/v1/config");
    return { ...value, etag };
  }

  /** `text` is that of a fairlead.yaml. */
  putConfiguration(text: string, options: WriteOptions = {}): Promise<AppliedResource> {
    return this.#write("PUT", "/api/v1/config", options, text);
  }

  /** The last entries of the audit log, so many. */
  auditLog(last: number): Promise<RequestRecord[]> {
    return this.#call("GET", `/api/v1/audit?last=${last}`);
  }

  /** Reads the files again. */
  reload(): Promise<AppliedResource> {
    return this.#call("POST", "/api/v1/reload");
  }

  /**
   * A command of Kamailio (`/RPC`) or OpenSIPS (`/mi`): what it answers. A refusal is an AdminError in the command's words, so is a
   * door that the configuration does not open.
   */
  async command(door: "/RPC" | "/mi", method: string, params: readonly string[]): Promise<unknown> {
    const request = { jsonrpc: "2.0", method, params, id: 1 };
    const { result, error, status, detail } = await this.#call<CommandAnswer>("POST", door, request, REFUSALS);
    if (error !== undefined) throw new AdminError(FAILED, error.message);
    if (detail !== undefined) throw new AdminError(status ?? FAILED, detail);
    return result ?? null;
  }

  /** Follows what happens until the connection ends; `types` empty: everything. */
  async *events(types: readonly EventType[], lastId = ""): AsyncGenerator<EventResource> {
    const query = types.length === 0 ? "" : `?types=${types.join(",")}`;
    const headers = { ...this.#headers, ...(lastId === "" ? {} : { "last-event-id": lastId }) };
    const response = await this.#fetch(`/api/v1/events${query}`, { headers });
    if (!response.ok) throw errorOf(response.status, await response.text());
    let rest = "";
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (rest + chunk).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = block.split("\n").find((line) => line.startsWith('data: {"'));
        if (data !== undefined) yield JSON.parse(data.slice("data: ".length)) as EventResource;
      }
    }
  }

  /** A change over whatever is there, unless `ifMatch` says which version was seen. A text is sent as YAML. */
  #write<T>(
    method: string,
    path: string,
    { ifMatch = "*", isDryRun = false }: WriteOptions,
    body?: unknown,
  ): Promise<T> {
    return this.#call(method, isDryRun ? `${path}?dry_run=true` : path, body, [], { "if-match": ifMatch });
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(`${this.#url}${path}`, init);
    } catch (error) {
      throw new AdminError(0, `no answer from the admin API at ${this.#url} (${causeOf(error)})`);
    }
  }

  async #call<T>(
    method: string,
    path: string,
    body?: unknown,
    alsoFine?: readonly number[],
    headers?: Readonly<Record<string, string>>,
  ): Promise<T> {
    return (await this.#answer<T>(method, path, body, alsoFine, headers)).value;
  }

  async #answer<T>(
    method: string,
    path: string,
    body?: unknown,
    alsoFine: readonly number[] = [],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ value: T; etag: string }> {
    const isText = typeof body === "string";
    const response = await this.#fetch(path, {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        ...this.#headers,
        ...headers,
        ...(body === undefined ? {} : { "content-type": isText ? "application/yaml" : "application/json" }),
      },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok && !alsoFine.includes(response.status)) throw errorOf(response.status, text);
    try {
      return { value: JSON.parse(text) as T, etag: response.headers.get("etag") ?? "" };
    } catch {
      throw new AdminError(response.status, `what answers at ${this.#url} is not a Fairlead admin API`);
    }
  }
}

function pathOf(...parts: readonly string[]): string {
  return `/api/v1/${parts.map(encodeURIComponent).join("/")}`;
}
