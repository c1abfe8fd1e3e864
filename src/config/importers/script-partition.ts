// OpenSIPS's `modparam("dispatcher", "partition", ...)`: a partition with settings of its own, or which one the default one is.
import type { SourceKind } from "../sections/sources.ts";
import type { ScriptSource } from "./script-source.ts";
import type { ModuleParameter } from "./script-text.ts";

type SayAt = (line: number, what: string, hint?: string) => void;

/** One such parameter. */
export interface Partition {
  readonly line: number;
  readonly name: string;
  readonly settings: readonly { readonly key: string; readonly value: string }[];
  /** `default: other`; empty: settings instead. */
  readonly other: string;
}

/** `NAME: KEY=VALUE; ...` or `default: NAME`; null: neither. */
export function readPartition({ value, line }: ModuleParameter): Partition | null {
  const [, name = "", rest = ""] = /^\s*([\w.-]+)\s*:\s*(.*?)\s*$/s.exec(value) ?? [];
  if (name === "default" && /^[\w.-]+$/.test(rest)) return { line, name, settings: [], other: rest };
  const parts = rest.split(";").filter((part) => part.trim() !== "");
  const settings = parts.flatMap((part) => {
    const [, key = "", text = ""] = /^\s*(\w+)\s*=\s*(.*?)\s*$/s.exec(part) ?? [];
    // Both spellings are about.
    return key === "" ? [] : [{ key: key.replace(/^(?=ping_(?:from|method)$)/, "ds_"), value: text }];
  });
  return name === "" || settings.length === 0 || settings.length < parts.length
    ? null
    : { line, name, settings, other: "" };
}

/** Gives partitions what the default one says; the name of the one that the default one is, empty: itself. */
export function inheritance(
  sources: Map<string, ScriptSource>,
  kind: SourceKind,
  partitions: readonly Partition[],
  say: SayAt,
): string {
  const usual = sources.get(`${kind} `);
  const warned = new Set<string>();
  let redirect = "";
  for (const { name, line, other } of partitions) {
    const source = sources.get(`${kind} ${name}`);
    if (other !== "" && sources.has(`${kind} ${other}`)) redirect = other;
    else if (other !== "")
      say(line, `dispatcher: the default partition is ${other}, which there is not`, `${other}: db_url=...`);
    if (source === undefined) continue;
    if (usual !== undefined) source.inherit(usual);
    if (source.url === "" && !warned.has(name))
      say(line, `dispatcher: partition ${name} is left out: neither it nor the default one has a db_url`, "db_url=...");
    warned.add(name);
  }
  // What stands for the default one gives the others what they do not say, and is no table of its own.
  if (redirect !== "") sources.delete(`${kind} `);
  return redirect;
}
