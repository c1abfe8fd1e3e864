// The admin API as a typed client: what the command line uses. A refusal is an AdminError with the server's own words; a
// server that is not there is one with status 0.
import type {
  AppliedResource,
  AuditResource,
  CallsResource,
  DestinationChange,
  DestinationResource,
  NewDestination,
  ProblemDetails,
  ProblemResource,
  ReadinessResource,
  SetDetailResource,
  SetResource,
  StateVerb,
} from "./resources.ts";

/** Where the admin API listens unless it was told otherwise. */
export const DEFAULT_ADMIN = "http://127.0.0.1:5080";
/** A change waits until every worker has adopted it; longer than that and something is wrong. */
const TIMEOUT_MS = 15_000;

/** What went wrong with a request. */
export class AdminError extends Error {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly problems: readonly ProblemResource[];

  constructor(status: number, message: string, problems: readonly ProblemResource[] = []) {
    super(message);
    this.status = status;
    this.problems = problems;
  }
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

  sets(): Promise<SetResource[]> {
    return this.#call("GET", "/api/v1/sets");
  }

  set(name: string): Promise<SetDetailResource> {
    return this.#call("GET", `/api/v1/sets/${encodeURIComponent(name)}`);
  }

  destinations(): Promise<DestinationResource[]> {
    return this.#call("GET", "/api/v1/destinations");
  }

  setState(set: string, destination: string, verb: StateVerb, reason?: string): Promise<DestinationResource> {
    return this.#call("POST", `${pathOf(set, destination)}/${verb}`, reason === undefined ? undefined : { reason });
  }

  add(destination: NewDestination): Promise<AppliedResource> {
    return this.#call("POST", "/api/v1/destinations", destination);
  }

  change(set: string, destination: string, change: DestinationChange): Promise<AppliedResource> {
    return this.#call("PATCH", pathOf(set, destination), change);
  }

  remove(set: string, destination: string): Promise<AppliedResource> {
    return this.#call("DELETE", pathOf(set, destination));
  }

  calls(): Promise<CallsResource> {
    return this.#call("GET", "/api/v1/calls");
  }

  /** Recounts all calls; with `repair` the loads are right afterwards. */
  audit(repair: boolean): Promise<AuditResource> {
    return this.#call(repair ? "POST" : "GET", "/api/v1/counters/audit");
  }

  forgetCalls(set: string, destination: string): Promise<{ forgotten: number }> {
    return this.#call("POST", `${pathOf(set, destination)}/forget-calls`);
  }

  reload(): Promise<AppliedResource> {
    return this.#call("POST", "/api/v1/reload");
  }

  async #call<T>(method: string, path: string, body?: unknown, alsoFine: readonly number[] = []): Promise<T> {
    let response: Response;
    try {
      response = await fetch(`${this.#url}${path}`, {
        method,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body === undefined
          ? { headers: this.#headers }
          : { body: JSON.stringify(body), headers: { ...this.#headers, "content-type": "application/json" } }),
      });
    } catch (error) {
      throw new AdminError(0, `no answer from the admin API at ${this.#url} (${causeOf(error)})`);
    }
    const text = await response.text();
    if (!response.ok && !alsoFine.includes(response.status)) throw errorOf(response.status, text);
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new AdminError(response.status, `what answers at ${this.#url} is not a Fairlead admin API`);
    }
  }
}

function pathOf(set: string, destination: string): string {
  return `/api/v1/destinations/${encodeURIComponent(set)}/${encodeURIComponent(destination)}`;
}

/** `fetch failed` says nothing; its cause does. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof AggregateError) return String((cause as { code?: unknown }).code ?? cause.message);
  return cause instanceof Error ? cause.message : error.message;
}

function errorOf(status: number, text: string): AdminError {
  try {
    const details = JSON.parse(text) as Partial<ProblemDetails>;
    if (typeof details.detail === "string") return new AdminError(status, details.detail, details.problems ?? []);
  } catch {
    // Not ours: told below.
  }
  return new AdminError(status, `the admin API answered ${status}`);
}
