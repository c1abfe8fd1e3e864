// Names by which one part of the configuration speaks of another.
import { z } from "zod";

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** A name of a set or destination: letters, digits, `_`, `.`, `-`; Kamailio's numbers are names too. */
export function isName(text: string): boolean {
  return text.length <= 64 && NAME.test(text);
}

/** Schema of a reference: a name, or a number that stands for one. */
export const reference = z.union([z.string().min(1), z.int().min(0)]).transform(String);

/** Schema of a name that people choose: logs, terminals and the environment of hooks have it, so that it is one line of text. */
export const chosenName = z
  .string()
  .min(1)
  .refine((text) => !/\p{Cc}/u.test(text), "a name has no control characters");
