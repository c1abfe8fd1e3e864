// How a route treats its requests, as workers see it.
import { createHash } from "node:crypto";
import type { FailoverEntry } from "../bridge/failover-entry.ts";
import type { HeaderEdits, RewritingEntry } from "../bridge/request-changes.ts";
import type { Treatment } from "../bridge/route-entry.ts";
import { translationOf } from "../config/patterns/translation.ts";
import type { Config } from "../config/schema.ts";
import type { DestinationConfig } from "../config/sections/destination.ts";
import type { DispatchActionConfig } from "../config/sections/dispatching.ts";
import type { RequestHeadersConfig } from "../config/sections/request-headers.ts";
import { compileText } from "./compile-keys.ts";

/** The treatment; null where everything is as the set has it. */
export function compileTreatment(config: Config, action: DispatchActionConfig): Treatment | null {
  const failover = failoverOf(config, action);
  const rewritesHost = action.rewriteUri === "host";
  const headers = action.headers === undefined ? null : headersOf(action.headers);
  const translations = (action.translate ?? []).map(({ from, to }) => translationOf(from, to));
  const isUsual = failover === null && !rewritesHost && translations.length === 0 && headers === null;
  if (isUsual) return null;
  return { identity: identityOf(action, failover), failover, rewritesHost, translations, headers };
}

/** Made of what is written, not of what it compiles to: a thousand translations are kilobytes so, and megabytes otherwise. */
function identityOf({ rewriteUri, translate, headers }: DispatchActionConfig, failover: FailoverEntry | null): string {
  const text = JSON.stringify([rewriteUri === "host", translate ?? [], headers ?? null, failover]);
  return createHash("sha256").update(text).digest("base64url");
}

function failoverOf(config: Config, { set, failover, unavailable }: DispatchActionConfig): FailoverEntry | null {
  const first = config.sets.find(({ name }) => name === set);
  if (first === undefined || (failover === undefined && unavailable === undefined)) return null;
  return { ...first.failover, ...failover, unavailable: unavailable ?? first.unavailable };
}

function headersOf({ remove, set, add }: RequestHeadersConfig): HeaderEdits | null {
  if (remove.length + set.length + add.length === 0) return null;
  const names = new Set([...remove, ...set.map(({ name }) => name)].map((name) => name.toLowerCase()));
  const lines = [...set, ...add].map(({ name, value }) => ({ name, value: compileText(value) }));
  return { remove: [...names], add: lines };
}

/** What request URIs have otherwise at each destination, each once. */
export class RewritingTable {
  readonly entries: RewritingEntry[] = [];
  /** Sets whose destinations give the request URI their host. */
  readonly #hosts: Set<string>;
  readonly #numbers = new Map<string, number>();

  constructor(config: Config) {
    this.#hosts = new Set(
      config.routes.flatMap(({ action }) => {
        if (action.kind === "redirect") return action.set === undefined ? [] : [action.set];
        return action.kind === "dispatch" && action.rewriteUri === "host" ? [action.set, ...(action.others ?? [])] : [];
      }),
    );
  }

  /** Place of the entry of a destination in `set`, which is made if it has to be; -1: it changes nothing. */
  numberOf(set: string, { uri, strip, prefix }: DestinationConfig): number {
    if (strip === 0 && prefix === "" && !this.#hosts.has(set)) return -1;
    const host = hostOf(uri);
    const text = `${strip} ${prefix} ${host}`;
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.entries.push({ strip, prefix, host }) - 1;
    this.#numbers.set(text, number);
    return number;
  }
}

/** What follows the user, without headers. */
function hostOf(uri: string): string {
  const behind = uri.replace(/^sips?:/i, "").replace(/\?.*$/, "");
  return behind.slice(behind.lastIndexOf("@") + 1);
}
