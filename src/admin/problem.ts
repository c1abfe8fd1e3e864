// Errors of the admin API: RFC 9457 problem details, thrown by handlers, written by the server's error handler.
import { REASON_PHRASES } from "./reason-phrases.ts";
import type { ProblemDetails, ProblemResource } from "./resources.ts";

/** An answer that is not a success. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly problems: readonly ProblemResource[];
  /** Header fields of the answer, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    detail: string,
    problems: readonly ProblemResource[] = [],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.status = status;
    this.problems = problems;
    this.headers = headers;
  }
}

/** Media type of the body. */
export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** The body for any error. What an unexpected one said stays in the log: it may name files. */
export function detailsOf(error: unknown): ProblemDetails {
  if (error instanceof HttpProblem) {
    const { status, message: detail, problems } = error;
    return { ...bodyOf(status, detail), ...(problems.length > 0 ? { problems } : {}) };
  }
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status === "number" && status >= 400 && status < 500) return bodyOf(status, (error as Error).message);
  return bodyOf(500, "the admin API failed; the log says more");
}

function bodyOf(status: number, detail: string): ProblemDetails {
  return { type: "about:blank", title: REASON_PHRASES[status] ?? "Error", status, detail };
}
