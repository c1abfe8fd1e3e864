// How a schema says that a value is wrong: one sentence, and a hint where there is one.
import { z } from "zod";

/** What a zod transform offers for reporting; the part of it that is used here. */
interface IssueSink {
  readonly issues: {
    push(issue: {
      code: "custom";
      message: string;
      input: unknown;
      path?: PropertyKey[];
      params?: Record<string, string>;
    }): unknown;
  };
}

/** Reports `what` about `input` (below `path`, relative to the value under transformation). Returns zod's "no value". */
export function refuse(sink: IssueSink, input: unknown, what: string, hint = "", path: PropertyKey[] = []): never {
  sink.issues.push({ code: "custom", message: what, input, path, params: { hint } });
  return z.NEVER;
}
