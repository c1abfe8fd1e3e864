// `key`: what a hash algorithm hashes, of a set or of a route.
import { z } from "zod";
import { refuse } from "../values/issue.ts";
import { isKeyWord, KEY_HINT, KEY_WORDS, parseKeyExpression } from "../values/key-expression.ts";

/** Schema of a key; the text as it was written. */
export const key = z.union([z.enum(KEY_WORDS), z.string().max(256)]).transform((text, sink): string => {
  const parts = isKeyWord(text) ? [] : parseKeyExpression(text);
  return typeof parts === "string" ? refuse(sink, text, parts, `${KEY_WORDS.join(", ")}, or of ${KEY_HINT}`) : text;
});
