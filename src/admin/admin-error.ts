// Why a request to the admin API came to nothing, in its own words where it answered.
import type { ProblemDetails, ProblemResource } from "./resources.ts";

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

/** Why `fetch` threw `error`: `fetch failed` says nothing; its cause does. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof AggregateError) return String((cause as { code?: unknown }).code ?? cause.message);
  return cause instanceof Error ? cause.message : error.message;
}

/** What an answer with a status that is no success says, in whatever words it has. */
export function errorOf(status: number, text: string): AdminError {
  try {
    const details = JSON.parse(text) as Partial<ProblemDetails>;
    if (typeof details.detail === "string") return new AdminError(status, details.detail, details.problems ?? []);
  } catch {
    // Not ours: told below.
  }
  return new AdminError(status, `the admin API answered ${status}`);
}
