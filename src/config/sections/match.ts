// `match` of a route: what parts of the message must look like.
import { z } from "zod";
import { refuse } from "../values/issue.ts";
import { KEY_HINT, parseKeyExpression } from "../values/key-expression.ts";
import {
  hostPattern,
  PATTERN_HINT,
  patternFault,
  type TextPatternConfig,
  textPattern,
} from "../values/text-pattern.ts";

/** One condition of a route. */
export interface MatchConfig {
  /** A key expression, as it was written. */
  readonly of: string;
  readonly pattern: TextPatternConfig;
}

/** The expression behind a name: `request-uri.user` and `{request-uri.user}` are the same. */
export function matchExpression(of: string): string {
  return /[{}$]/.test(of) ? of : `{${of}}`;
}

/** Schema of `match`: part of the message to pattern. All have to hold. */
export const match = z
  .record(z.string().max(256), textPattern)
  .transform((given, sink): MatchConfig[] =>
    Object.entries(given).map(([of, pattern]) => {
      const parts = parseKeyExpression(matchExpression(of));
      if (typeof parts === "string") refuse(sink, given, parts, `parts are ${KEY_HINT}`, [of]);
      // In either case a pattern may need more states than as it is written.
      const fault = /host|[$]/.test(of) ? patternFault(hostPattern(pattern)) : null;
      if (fault !== null) refuse(sink, given, fault, PATTERN_HINT, [of]);
      return { of, pattern };
    }),
  )
  .describe(
    "Parts of the message and what each must look like, all of them: `match: {request-uri.user: '^0049\\d{5,}$'}`. Parts are named as in keys, see [routing](../guide/routing.md).",
  );
