// Hooks with the addresses of their webhooks, which are read from where the configuration says and shown to nobody.
import { errorAt, type Finding } from "./finding.ts";
import type { ConfigIo } from "./io.ts";
import type { PrivateText } from "./private-text.ts";
import { readPrivateText } from "./secrets.ts";
import type { ParsedHook } from "./sections/hooks.ts";

/** What a hook does. Times in milliseconds. */
export type HookAction =
  | { readonly kind: "webhook"; readonly url: PrivateText; readonly timeout: number; readonly retries: number }
  | { readonly kind: "command"; readonly run: readonly string[]; readonly timeout: number };

/** A hook. */
export interface HookConfig extends Omit<ParsedHook, "action"> {
  readonly action: HookAction;
}

/** Reads them; relative paths start at the configuration file's folder. */
export function readHooks(
  parsed: readonly ParsedHook[],
  file: string,
  io: ConfigIo,
): { hooks: HookConfig[]; findings: Finding[] } {
  const hooks: HookConfig[] = [];
  const findings: Finding[] = [];
  for (const [index, { on, action }] of parsed.entries()) {
    if (action.kind === "command") {
      hooks.push({ on, action });
      continue;
    }
    const url = readPrivateText(action.url, file, io);
    const place = ["hooks", index, "webhook", "url"];
    if (typeof url === "string") findings.push(errorAt(place, url));
    else if (!/^https?:$/.test(URL.parse(url.reveal())?.protocol ?? ""))
      findings.push(errorAt(place, "the address of a webhook is http:// or https://", `from ${url.origin}`));
    else hooks.push({ on, action: { ...action, url } });
  }
  return { hooks, findings };
}
