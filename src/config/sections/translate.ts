// `translate` of a route: another user for the request URI, made from the one that was dialled (OpenSIPS's dialplan).
import { z } from "zod";
import { PatternFault } from "../patterns/syntax.ts";
import { translationOf } from "../patterns/translation.ts";
import { refuse } from "../values/issue.ts";
import { PATTERN_HINT } from "../values/text-pattern.ts";

/** What the user is like, and what it becomes. */
export interface TranslationConfig {
  readonly from: string;
  readonly to: string;
}

const one = z
  .strictObject({
    from: z.string().max(1024).describe("A pattern over the user of the request URI; groups in ( )."),
    to: z
      .string()
      .regex(
        /^(?:[A-Za-z0-9+*_.!~'()&=$,/%-]|\\\d)*$/,
        "the user of a URI: letters, digits, + * _ . ! ~ ' ( ) & = $ , / % -, and \\0 to \\9",
      )
      .max(128)
      .describe("The whole user in its place; `\\1` is what the first group has matched."),
  })
  .transform((given, sink): TranslationConfig => {
    try {
      translationOf(given.from, given.to);
    } catch (fault) {
      if (!(fault instanceof PatternFault)) throw fault;
      return refuse(sink, given, `"${given.from}" cannot be used: ${fault.message}`, PATTERN_HINT, ["from"]);
    }
    return given;
  });

/** Schema of `translate`. */
export const translate = z
  .union([one, z.array(one).min(1).max(1_000)])
  .transform((given) => (Array.isArray(given) ? given : [given]))
  .describe(
    "With `set`: the first of these whose pattern matches the user of the request URI replaces it; where none does it stays. `strip` and `prefix` of a destination come after that.",
  );
