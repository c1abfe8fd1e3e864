// Patterns over a URI's user and host: `*.example.com`, `+49*@example.com`. A `*` stands for any run of characters.
import { z } from "zod";
import { refuse } from "./issue.ts";

/** Null matches everything. The host is in lower case. */
export interface UriPatternConfig {
  readonly user: string | null;
  readonly host: string | null;
}

const HOST = /^(\[[0-9a-f:.*]+\]|[a-z0-9_.*-]+)$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const USER = /^[^\s@<>"\u0000-\u001f\u007f]+$/;

/** Schema of `[user@]host`. */
export const uriPattern = z
  .string()
  .meta({ title: "pattern", examples: ["*.example.com", "+49*@*"] })
  .transform((text, sink): UriPatternConfig => {
    const plain = text.replace(/^sips?:/i, "");
    const at = plain.lastIndexOf("@");
    const user = at < 0 ? "*" : plain.slice(0, at);
    const host = plain.slice(at + 1).toLowerCase();
    if (!USER.test(user)) return refuse(sink, text, `"${text}" is not a pattern`, "[user@]host, with * for anything");
    if (/^(\[.*\]|[^:]*):\d*$/.test(host))
      return refuse(sink, text, `"${text}" has a port`, "patterns look at user and host only");
    if (!HOST.test(host)) return refuse(sink, text, `"${text}" is not a pattern`, "[user@]host, with * for anything");
    return { user: user === "*" ? null : user, host: host === "*" ? null : host };
  });
