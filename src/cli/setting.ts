// KEY=VALUE on the command line: a setting in the words of fairlead.yaml.
import { Argument, InvalidArgumentError } from "commander";
import { isObject } from "../config/values/object.ts";
import { UsageError } from "./admin-command.ts";

/** Settings as a merge patch (RFC 7396): null is the default again. */
type Settings = Readonly<Record<string, unknown>>;

/** The argument, of which there may be several; `settingsOf` reads them. */
export function settingsArgument(): Argument {
  return new Argument("[key=value...]", "settings as in fairlead.yaml, such as probe.every=5s; null: the default")
    .default([], "none")
    .argParser(setting);
}

/** The patch that `a.b=VALUE` and the others are together, each value in YAML. Rejects with UsageError where one is none. */
export async function settingsOf(texts: readonly string[]): Promise<Settings> {
  const { parse } = await import("yaml");
  let all: Settings = {};
  for (const text of texts) {
    const equals = text.indexOf("=");
    let value: unknown;
    try {
      value = parse(text.slice(equals + 1));
    } catch {
      throw new UsageError(`${text}: what follows the = is not YAML`);
    }
    const keys = text.slice(0, equals).split(".");
    all = joined(all, keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Settings);
  }
  return all;
}

function setting(text: string, before: readonly string[] = []): readonly string[] {
  const path = text.slice(0, Math.max(0, text.indexOf("=")));
  if (path.split(".").includes("")) throw new InvalidArgumentError("expected KEY=VALUE.");
  return [...before, text];
}

/** Both patches in one: unlike a merge, null stays, because it has something to say. */
function joined(before: Settings, more: Settings): Settings {
  const all = new Map(Object.entries(before));
  for (const [key, value] of Object.entries(more)) {
    const old = all.get(key);
    all.set(key, isObject(old) && isObject(value) ? joined(old, value) : value);
  }
  return Object.fromEntries(all);
}
