// `match` of a route: what parts of the message must look like.
import { z } from "zod";
import type { Automaton } from "../../dispatch/automaton.ts";
import type { Effort } from "../patterns/effort.ts";
import { refuse } from "../values/issue.ts";
import {
  isHostAlone,
  isSmallAlone,
  KEY_HINT,
  type KeyPartConfig,
  parseKeyExpression,
} from "../values/key-expression.ts";
import {
  compileTextPattern,
  hostPattern,
  smallPattern,
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

const automata = new WeakMap<MatchConfig, Automaton>();

/**
 * The automaton of a condition, `isNot` left aside; made once. Throws a `PatternFault`, or an `EffortFault` when it costs more
 * than is left.
 */
export function automatonOfMatch(match: MatchConfig, effort?: Effort): Automaton {
  const known = automata.get(match);
  if (known !== undefined) return known;
  const parts = parseKeyExpression(matchExpression(match.of));
  const automaton = compileTextPattern(
    typeof parts === "string" ? match.pattern : asLookedAt(parts, match.pattern),
    effort,
  );
  automata.set(match, automaton);
  return automaton;
}

function asLookedAt(parts: readonly KeyPartConfig[], pattern: TextPatternConfig): TextPatternConfig {
  if (isHostAlone(parts)) return hostPattern(pattern);
  return isSmallAlone(parts) ? smallPattern(pattern) : pattern;
}

/** Schema of `match`: part of the message to pattern. All have to hold. */
export const match = z
  .record(z.string().max(256), textPattern)
  .transform((given, sink): MatchConfig[] =>
    Object.entries(given).map(([of, pattern]) => {
      const parts = parseKeyExpression(matchExpression(of));
      if (typeof parts === "string") refuse(sink, given, parts, `parts are ${KEY_HINT}`, [of]);
      return { of, pattern };
    }),
  )
  .describe(
    "Parts of the message and what each must look like, all of them: `match: {request-uri.user: '^0049\\d{5,}$'}`. Parts are named as in keys, see [routing](../guide/routing.md).",
  );
