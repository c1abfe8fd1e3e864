// Changes that come over the admin API, and reloads: one after the other, told as events, and written into the file where
// `admin.persist` says so. Then a change is what an operator's editor and a reload would be, in one step.
import { isDeepStrictEqual } from "node:util";
import type { Applied, ApplyOptions, Change } from "./admin/backend.ts";
import { redact } from "./admin/redact.ts";
import type { ProblemResource } from "./admin/resources.ts";
import { configurationEvent } from "./balancer-events.ts";
import { formatProblem, type Problem } from "./config/problem.ts";
import { type Config, schema } from "./config/schema.ts";
import { isObject } from "./config/values/object.ts";
import { written } from "./config/written.ts";
import { writtenSets } from "./config/written-sets.ts";
import { editYaml, type YamlEdit } from "./config/yaml-edit.ts";
import { readYaml } from "./config/yaml-text.ts";
import type { ConfigurationFile, StagedText } from "./configuration-file.ts";
import {
  type Derived,
  withDestination,
  withoutDestination,
  withoutSet,
  withRoutes,
  withSet,
  withSetSettings,
  withSettings,
} from "./control/changes.ts";
import type { ApplyResult, ControlPlane } from "./control/control-plane.ts";
import type { EventLog } from "./control/events.ts";
import type { PlacedDestination } from "./control/place.ts";
import { configurationProblem } from "./control/restart.ts";

/**
 * What a configuration that comes over the API may say. All else (secrets, programs that are started, files that are written) is
 * for those who may write the file; a section that is new belongs to them until somebody has thought about it.
 */
const OPEN_SECTIONS: readonly string[] = [
  "listeners",
  "sets",
  "routes",
  "timers",
  "limits",
  "dns",
  "streams",
  "overload",
  "keepalive",
  "rate_limits",
  "scanners",
  "trusted",
  "protected_headers",
  "forwarding",
  "workers",
  "io",
  "segmentation",
  "coalescing",
  "watch",
  "receive_buffer",
  "server_header",
  "shutdown",
];
const OF_THE_FILE: readonly string[] = Object.keys(schema.shape).filter((name) => !OPEN_SECTIONS.includes(name));
const SHORT_LIVED = configurationProblem(
  "a reload is reading its tables, and has the file in force when it is done",
  "make the change again then, or in the file",
  "warning",
);
const NO_OPTIONS: ApplyOptions = { isDryRun: false, check: () => undefined };

/** Everything that changes a running configuration. */
export class Changes {
  readonly #control: ControlPlane;
  readonly #file: ConfigurationFile;
  readonly #events: EventLog;
  #queue: Promise<unknown> = Promise.resolve();
  #reloads: Promise<unknown> = Promise.resolve();
  #waitingReload: Promise<ApplyResult> | null = null;
  /** A reload has begun, and what it reads is not in force yet. */
  #isReading = false;

  constructor(control: ControlPlane, file: ConfigurationFile, events: EventLog) {
    this.#control = control;
    this.#file = file;
    this.#events = events;
  }

  /** Makes a change, or tries it. Rejects with what `check` throws. */
  apply(change: Change, options: ApplyOptions = NO_OPTIONS): Promise<Applied> {
    return this.#inTurn(() => this.#apply(change, options));
  }

  /**
   * Reads the files again. Reloads that are asked for while one waits for the one before it are that one. Changes do not wait for what a
   * reload reads, which may be a silent database.
   */
  reload(): Promise<ApplyResult> {
    this.#waitingReload ??= this.#reloads.then(() => {
      this.#waitingReload = null;
      const reload = this.#reload();
      this.#reloads = reload.catch(() => undefined);
      return reload;
    });
    return this.#waitingReload;
  }

  async #reload(): Promise<ApplyResult> {
    this.#isReading = true;
    const take = <T>(work: () => Promise<T>) => this.#inTurn(work);
    const result = await this.#control.reload(take).finally(() => {
      this.#isReading = false;
    });
    this.#events.publish(configurationEvent(result, "reload", result.problems.map(formatProblem)));
    return result;
  }

  async #apply(change: Change, { isDryRun, check, isPassing = false }: ApplyOptions): Promise<Applied> {
    let staged: StagedText | null = null;
    let difference: Applied["difference"] = null;
    const told: Problem[] = [];
    const result = await this.#control.apply((config) => {
      check();
      const derived = this.#derive(config, change, this.#control.inForce.placed);
      if (derived.config === null) return [...derived.problems];
      told.push(...derived.problems);
      let next = derived.config;
      if (config.admin?.persist === true && !isPassing) {
        const kept = this.#keep(config, change, isDryRun);
        if (!("config" in kept)) return kept;
        next = kept.config;
        staged = kept.staged;
      } else if (this.#isReading && !isDryRun) told.push(SHORT_LIVED);
      difference = { before: shown(config, next), after: shown(next, config) };
      return next;
    }, isDryRun);
    const problems = [...told, ...result.problems, ...finish(staged, result.ok)];
    if (!isDryRun) this.#events.publish(configurationEvent(result, "change", problems.map(formatProblem)));
    return {
      ok: result.ok,
      generation: result.generation,
      problems: problems.map(problemResource),
      difference: result.ok ? difference : null,
    };
  }

  #derive(config: Config, change: Change, placed: readonly PlacedDestination[]): Derived {
    switch (change.kind) {
      case "add": {
        const { set, ...given } = change.destination;
        return withDestination(config, set, stated(given));
      }
      case "put-set":
        return withSet(config, change.set, change.given);
      case "change-set":
        return withSetSettings(config, change.set, change.change);
      case "remove-set":
        return withoutSet(config, change.set);
      case "routes":
        return withRoutes(config, change.routes);
      case "configuration":
        return this.#withText(config, change.text);
      default: {
        const found = placed.find(({ slot }) => slot === change.slot);
        if (found === undefined) return refused("the destination is gone");
        if (change.kind === "remove") return withoutDestination(config, found.origin);
        return withSettings(config, found.origin, stated(change.change));
      }
    }
  }

  /** Another text in the file's place. What is the file's alone may be left out, or be there as GET shows it. */
  #withText(config: Config, text: string): Derived {
    const { data, problems } = readYaml(text, "body");
    if (problems.length > 0) return { config: null, problems };
    const shown = redact(written(config));
    for (const name of OF_THE_FILE) {
      if (!isObject(data) || !isObject(shown) || !(name in data)) continue;
      if (!isDeepStrictEqual(data[name], shown[name]))
        return refused(`${name} can be changed in the file only`, "leave it out, or as GET /api/v1/config shows it");
    }
    const edited = editYaml(this.#file.text, { kind: "replace", text, kept: OF_THE_FILE });
    if ("why" in edited) return refused(edited.why);
    const { config: next = null, problems: found } = this.#file.readText(edited.text, config);
    return { config: next, problems: found.map((problem) => ({ ...problem, file: "body" })) };
  }

  /** The file with the change in it, read and waiting; or why that cannot be. */
  #keep(config: Config, change: Change, isDryRun: boolean): { config: Config; staged: StagedText | null } | Problem[] {
    const edited = editYaml(this.#file.text, editOf(change, this.#control.inForce.placed));
    const why = "why" in edited ? edited.why : this.#file.whyNotWritable;
    if (why !== "" || "why" in edited) return [configurationProblem(`the change cannot be kept: ${why}`)];
    const loaded = this.#file.readText(edited.text, config);
    if (loaded.config === undefined) return [...loaded.problems];
    try {
      return { config: loaded.config, staged: isDryRun ? null : this.#file.stage(edited.text) };
    } catch (error) {
      return [configurationProblem(`the change cannot be kept: ${errorText(error)}`)];
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}

/** A configuration as answers compare it: sets that are not those of the other are there with what tables have. */
function shown(config: Config, other: Config): unknown {
  const same = new Set(other.sets);
  const changed = config.sets.filter((set) => !same.has(set));
  const base = written(config);
  return { ...base, sets: { ...base.sets, ...writtenSets(changed, true) } };
}

/** A problem as the API tells it. */
export function problemResource({ file, line, column, severity, what, hint }: Problem): ProblemResource {
  if (line === 0) return { severity, where: file, what, hint };
  return { severity, where: `${file}:${line}:${column}`, file, line, column, what, hint };
}

function finish(staged: StagedText | null, isOk: boolean): Problem[] {
  try {
    if (isOk) staged?.commit();
    else staged?.abandon();
    return [];
  } catch (error) {
    return [configurationProblem(`in force, but not in the file: ${errorText(error)}`, "", "warning")];
  }
}

function editOf(change: Change, placed: readonly PlacedDestination[]): YamlEdit {
  switch (change.kind) {
    case "add": {
      const { set, ...given } = change.destination;
      return { kind: "add", set, destination: stated(given) };
    }
    case "remove":
    case "change": {
      const { set, origin } = placed.find(({ slot }) => slot === change.slot)!;
      const at = { set: set.name, name: origin.name };
      return change.kind === "remove" ? { kind: "remove", ...at } : { kind: "change", ...at, change: change.change };
    }
    case "routes":
      return { kind: "routes", routes: Array.isArray(change.routes) ? change.routes : [] };
    case "configuration":
      return { kind: "replace", text: change.text, kept: OF_THE_FILE };
    default:
      return change;
  }
}

function refused(what: string, hint = ""): Derived {
  return { config: null, problems: [configurationProblem(what, hint)] };
}

function stated(given: object): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
