// What a text must look like: a pattern, a list of them, certain texts, or certain beginnings; or none of those.
import { z } from "zod";
import type { Automaton } from "../../dispatch/automaton.ts";
import { automatonOf, automatonOfTexts } from "../patterns/automaton.ts";
import type { Effort } from "../patterns/effort.ts";
import { programOf } from "../patterns/program.ts";
import { PatternFault, type Piece, parsePattern } from "../patterns/syntax.ts";
import { refuse } from "./issue.ts";

/** How texts are compared: by pattern, whole, or by their beginning. */
export const PATTERN_KINDS = ["like", "is", "prefix"] as const;

/** One of `texts` fits, or with `isNot` none. */
export interface TextPatternConfig {
  readonly kind: (typeof PATTERN_KINDS)[number];
  readonly texts: readonly string[];
  readonly isNot: boolean;
}

const text = z.string().max(1024);
const texts = z
  .union([
    text,
    z.int().min(0).transform(String),
    z
      .array(z.union([text, z.int().min(0).transform(String)]))
      .min(1)
      .max(20_000),
  ])
  .transform((given) => (Array.isArray(given) ? given : [given]));

const one = z
  .union([
    texts,
    z.strictObject({
      like: texts.optional().describe("A pattern, or a list of them."),
      is: texts.optional().describe("The whole text, or a list of such."),
      prefix: texts.optional().describe("A beginning, or a list of them."),
    }),
  ])
  .transform((given, sink): TextPatternConfig => {
    if (Array.isArray(given)) return { kind: "like", texts: given, isNot: false };
    const kinds = PATTERN_KINDS.filter((kind) => given[kind] !== undefined);
    const [kind] = kinds;
    if (kind === undefined || kinds.length > 1)
      return refuse(sink, given, `${kinds.length} ways of comparing`, "exactly one of like, is, prefix");
    return { kind, texts: given[kind] ?? [], isNot: false };
  });

const whole = z.union([
  one,
  z
    .strictObject({ not: one.describe("What it must not look like.") })
    .transform(({ not }) => ({ ...not, isNot: true })),
]);

/** Schema of a pattern over a text. What its automaton costs is for the check of all patterns together. */
export const textPattern = whole.transform((pattern, sink): TextPatternConfig => {
  const fault = pattern.kind === "like" ? patternFault(pattern, () => programOf(pieceOf(pattern))) : null;
  return fault === null ? pattern : refuse(sink, pattern, fault, PATTERN_HINT);
});

/** Why a pattern cannot be used, as `compile` finds; null: it can. */
export function patternFault(pattern: TextPatternConfig, compile: () => unknown): string | null {
  try {
    compile();
  } catch (fault) {
    if (!(fault instanceof PatternFault)) throw fault;
    return `"${abridged(pattern)}" cannot be used: ${fault.message}`;
  }
  return null;
}

/** What patterns are made of, for hints. */
export const PATTERN_HINT =
  "text, . [0-9] [^a-z] \\d \\w \\s, ( ) |, * + ? {3} {3,} {3,5}, ^ $; (?i) in front for either case";

function abridged({ texts: all }: TextPatternConfig): string {
  const joined = all.join('", "');
  return joined.length <= 80 ? joined : `${joined.slice(0, 80)}…`;
}

/** The automaton of a pattern, `isNot` left aside; throws a `PatternFault`. */
export function compileTextPattern(pattern: TextPatternConfig, effort?: Effort): Automaton {
  const { kind, texts: all } = pattern;
  return kind === "like" ? automatonOf(pieceOf(pattern), effort) : automatonOfTexts(all, kind === "prefix", effort);
}

function pieceOf({ texts: all }: TextPatternConfig): Piece {
  return { kind: "choice", pieces: all.map((pattern) => parsePattern(pattern)) };
}

/** The same for a text in small letters and without a last dot, as hosts by themselves are looked at. */
export function hostPattern(pattern: TextPatternConfig): TextPatternConfig {
  return smallPattern(pattern.kind === "is" ? { ...pattern, texts: pattern.texts.map(withoutDot) } : pattern);
}

/** The same for a text in small letters. */
export function smallPattern(pattern: TextPatternConfig): TextPatternConfig {
  const inEitherCase = (text: string) => (text.startsWith("(?i)") ? text : `(?i)${text}`);
  const small = (text: string) => text.toLowerCase();
  return { ...pattern, texts: pattern.texts.map(pattern.kind === "like" ? inEitherCase : small) };
}

/** A host without the dot that ends a name from the root. */
export function withoutDot(host: string): string {
  return host.replace(/(?<=[^.*])\.$/, "");
}

/** The pattern as it is written, the shortest way. */
export function formatTextPattern({ kind, texts: all, isNot }: TextPatternConfig): z.input<typeof textPattern> {
  const plain = all.length === 1 ? (all[0] ?? "") : [...all];
  const positive = kind === "like" ? plain : { [kind]: plain };
  return isNot ? { not: positive } : positive;
}
