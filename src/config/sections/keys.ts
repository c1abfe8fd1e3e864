// Section `keys`: the secrets that sign what we write into Record-Route and Via. Read from outside by secrets.ts.
import { z } from "zod";
import { refuse } from "../values/issue.ts";

/** Where a key comes from. */
export type KeyReference =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "env"; readonly variable: string }
  | { readonly kind: "file"; readonly path: string };

/** Fewest characters of a secret. */
export const SHORTEST_KEY = 16;

/** Schema of one secret, as reference. */
export const key = z
  .union([
    z.string().meta({ title: "secret" }),
    z.strictObject({
      file: z.string().min(1).describe("Path of a file with the secret; relative to the configuration file."),
    }),
  ])
  .transform((value, sink): KeyReference => {
    if (typeof value !== "string") return { kind: "file", path: value.file };
    const variable = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(value)?.[1];
    if (variable !== undefined) return { kind: "env", variable };
    // What was written is not repeated: it may be most of a secret.
    if (value.includes("${"))
      return refuse(sink, "", "a key mixes text and a variable", `the variable alone: \${NAME}`);
    if (value.length < SHORTEST_KEY)
      return refuse(
        sink,
        "",
        "the key is too short",
        `at least ${SHORTEST_KEY} characters; 32 hexadecimal digits are good`,
      );
    return { kind: "text", text: value };
  });

/** Schema of the section. */
export const keys = z
  .array(key)
  .max(16)
  .default([])
  .describe(
    "Secrets that sign Record-Route and Via: the first signs, all verify. `$` and a name in braces: read from the environment. None: random at start, so a restart or another balancer does not know them.",
  );
