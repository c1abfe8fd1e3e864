// Named resources that do not fit together: what calls need, and what destinations have.
import { algorithmByName } from "../../dispatch/algorithms/index.ts";
import { MAX_RESOURCES } from "../../dispatch/resources.ts";
import { KeySource } from "../../dispatch/types.ts";
import { errorAt, type Finding, type Path, warningAt } from "../finding.ts";
import type { Config } from "../schema.ts";
import type { SetConfig } from "../sections/sets.ts";
import { suggestion } from "../suggest.ts";
import { mayBring } from "../tables/awaited.ts";
import type { Check } from "./check.ts";

/** What the calls of one route need of their set. */
interface Need {
  readonly set: SetConfig;
  readonly names: readonly string[];
  readonly route: string;
  /** Where that is said. */
  readonly path: Path;
}

function needsOf(config: Config): Need[] {
  return config.routes.flatMap(({ action, name }, index) => {
    if (action.kind !== "dispatch") return [];
    const first = config.sets.find((one) => one.name === action.set);
    const names = action.resources ?? first?.resources.needed ?? [];
    const path = action.resources === undefined ? ["sets", action.set, "resources"] : ["routes", index, "resources"];
    return [action.set, ...(action.others ?? [])].flatMap((known) => {
      const set = config.sets.find((one) => one.name === known);
      return set === undefined ? [] : [{ set, names, route: name, path }];
    });
  });
}

/** What calls need of those that make them. */
function senderNeedsOf(config: Config): Need[] {
  return config.routes.flatMap(({ fromSet, senderResources: names, name }, index) => {
    const set = config.sets.find((one) => one.name === fromSet);
    return set === undefined ? [] : [{ set, names, route: name, path: ["routes", index, "sender_resources"] }];
  });
}

/** What no destination has cannot be had: OpenSIPS says so with every call (-4), this at the start. */
export const unknownResources: Check = {
  summary: "A resource that calls need and no destination of their set has (refused, unless a table may bring one).",
  look(config): Finding[] {
    const told = new Set<string>();
    return [...needsOf(config), ...senderNeedsOf(config)].flatMap(({ set, names, path }) => {
      // Who comes later may have it.
      if (set.destinations.length === 0) return [];
      const known = [...new Set(set.destinations.flatMap(({ resources }) => Object.keys(resources)))];
      return names.flatMap((name) => {
        const key = `${path.join("/")}/${set.name}/${name}`;
        if (known.includes(name) || told.has(key)) return [];
        told.add(key);
        const hint = suggestion(name, known) || `destinations: [{uri: ..., resources: {${name}: 30}}]`;
        const what = `no destination of set "${set.name}" has the resource "${name}"`;
        // What stands in a table, or does not any more, keeps nobody from starting.
        const isOfTable = config.sources.some((source) => mayBring(source, set.name));
        return [isOfTable ? warningAt(path, what, hint) : errorAt(path, what, hint)];
      });
    });
  },
};

/** Each is there, and nowhere together. */
export const scatteredResources: Check = {
  summary: "Calls that need resources which no single destination has all of.",
  look(config): Finding[] {
    return needsOf(config).flatMap(({ set, names, route, path }) => {
      const has = (some: object) => names.every((name) => Object.hasOwn(some, name));
      if (set.destinations.some(({ resources }) => has(resources))) return [];
      // What nobody has at all is another matter.
      const isHad = (name: string) => set.destinations.some(({ resources }) => Object.hasOwn(resources, name));
      if (!names.every(isHad) || names.length === 0 || set.destinations.length === 0) return [];
      const what = `no destination of set "${set.name}" has all of ${names.join(", ")}: it takes no call of "${route}"`;
      return [warningAt(path, what)];
    });
  },
};

function goesByResources({ algorithm }: SetConfig): boolean {
  return algorithmByName(algorithm)?.key === KeySource.resources;
}

/** Equals, as long as nothing is needed. */
export const balancingNothing: Check = {
  summary: "A route to a set that goes by resources, whose calls need none: the first destination gets them all.",
  look(config): Finding[] {
    return config.routes.flatMap(({ action, name }, index) => {
      const set = action.kind === "dispatch" ? config.sets.find((one) => one.name === action.set) : undefined;
      if (set === undefined || action.kind !== "dispatch" || !goesByResources(set)) return [];
      if ((action.resources ?? set.resources.needed).length > 0 || set.destinations.length < 2) return [];
      const what = `${set.algorithm} goes by resources, and calls of "${name}" need none: the first destination gets them all`;
      const known = Object.keys(set.destinations[0]?.resources ?? {});
      return [warningAt(["routes", index], what, `resources: [${known[0] ?? "NAME"}]`)];
    });
  },
};

/** `measure` and `ties` are about a choice. */
export const idleResourceRule: Check = {
  summary: "How free resources are compared, under an algorithm that does not compare them.",
  look(config): Finding[] {
    return config.sets.flatMap((set) => {
      const { measure, ties } = set.resources;
      if (goesByResources(set) || (measure === "absolute" && ties === "first")) return [];
      const what = `${set.algorithm} does not compare resources: measure and ties do nothing`;
      return [warningAt(["sets", set.name, "resources"], what, "algorithm: load-balancer")];
    });
  },
};

/** A bit for each. */
export const tooManyResources: Check = {
  summary: `More than ${MAX_RESOURCES} resources with different names (refused).`,
  look(config): Finding[] {
    const names = new Set([...needsOf(config), ...senderNeedsOf(config)].flatMap((need) => need.names));
    for (const set of config.sets) {
      for (let index = 0; index < set.destinations.length; index++) {
        const { resources } = set.destinations[index]!;
        for (const name of Object.keys(resources)) names.add(name);
        if (names.size <= MAX_RESOURCES) continue;
        const path = ["sets", set.name, "destinations", index, "resources"];
        return [
          errorAt(path, `more than ${MAX_RESOURCES} resources with different names`, "one name for what is the same"),
        ];
      }
    }
    return [];
  },
};
