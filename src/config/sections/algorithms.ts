// Section `algorithms`: a user's own ones, by name; own-algorithms.ts reads their files.
import { z } from "zod";
import { refuse } from "../values/issue.ts";
import { isName } from "../values/reference.ts";

/** A module, as written. */
export interface ParsedAlgorithm {
  readonly name: string;
  /** Path of a file; a relative one begins at the configuration. */
  readonly file: string;
}

/** Schema of the section. */
export const algorithms = z
  .record(z.string(), z.string().min(1).max(4_096))
  .prefault({})
  .transform((map, sink): ParsedAlgorithm[] => {
    for (const name of Object.keys(map))
      if (!isName(name)) refuse(sink, map, `"${name}" cannot name an algorithm`, "letters, digits, _ . -", [name]);
    return Object.entries(map).map(([name, file]) => ({ name, file }));
  })
  .describe(
    "Your own algorithms: a name, and the file of a module (`.ts`, `.mjs`, `.js`; relative to the configuration). A set chooses by one with `algorithm: own:NAME`, see [own algorithms](../guide/own-algorithms.md). Files are read at start and at every reload.",
  );
