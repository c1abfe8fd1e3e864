// A set of a dispatcher.list: its algorithm, its shares, and which set gets the requests.
import { ALGORITHMS, algorithmByKamailioNumber } from "../../dispatch/algorithms/index.ts";
import { KeySource } from "../../dispatch/types.ts";
import { algorithmFault, isCompat } from "../values/algorithm.ts";
import { hasCongestionControl } from "../values/latency-attributes.ts";
import { formatDuration, parseDuration } from "../values/written-duration.ts";
import type { DestinationData } from "./kamailio-destination.ts";
import type { ListDestination } from "./list-destination.ts";

/** What is wrong with an option. */
interface OptionFault {
  readonly what: string;
  readonly hint: string;
}

const DEFAULT_ALGORITHM = "round-robin";
/** Longest time that a probe waits for its answer. */
const PROBE_TIMEOUT = 2_000;

/** The algorithm for the option: a name, or the number of Kamailio's that ours stands for. Absent: round robin. */
export function algorithmOf(option: string | undefined): string | OptionFault {
  if (option === undefined) return DEFAULT_ALGORITHM;
  if (!/^\d+$/.test(option)) return algorithmFault(option) ?? option;
  const found = algorithmByKamailioNumber(Number(option));
  if (found !== undefined) return found.name;
  const numbers = ALGORITHMS.flatMap(({ name, kamailio }) => (kamailio ?? []).map((number) => ({ number, name })));
  numbers.sort((a, b) => a.number - b.number);
  const hint = `available: ${numbers.map((one) => `${one.number} ${one.name}`).join(", ")}`;
  return { what: `Kamailio's algorithm ${option} is not available in this version`, hint };
}

/** The set in the shape of fairlead.yaml. */
export function setData(
  algorithm: string,
  members: readonly ListDestination[],
  probe: string | undefined,
): Record<string, unknown> {
  if (isCompat(algorithm)) return { algorithm, probe: probeOf(probe), destinations: withWeights(members, algorithm) };
  const isHash = (ALGORITHMS.find((one) => one.name === algorithm)?.key ?? KeySource.none) !== KeySource.none;
  return {
    algorithm,
    ...(isHash ? { slots: "kamailio" } : {}),
    order: "kamailio",
    probe: probeOf(probe),
    destinations: withWeights(members, algorithm),
  };
}

function probeOf(every: string | undefined): Record<string, unknown> | false {
  if (every === undefined) return false;
  const ms = parseDuration(every);
  return ms > 0 && ms < PROBE_TIMEOUT ? { every, timeout: formatDuration(ms) } : { every };
}

function withWeights(members: readonly ListDestination[], algorithm: string): Record<string, unknown>[] {
  const weights = weightsOf(members, algorithm);
  return members.map((one, at) => {
    const { uri, ...rest } = one.data ?? {};
    const weight = weights[at];
    return { uri, ...(weight === undefined || weight === 1 ? {} : { weight }), ...rest };
  });
}

/** What members of a set say about their share; -1: nothing. */
export interface Shares {
  readonly weight: number;
  readonly rweight: number;
  /** Its URI and attributes, where it has any; null: left out. */
  readonly data: Pick<DestinationData, "attrs"> | null;
}

/**
 * `weight` where a member of the set has one, else `rweight`; in a set with weights, none means 0. Empty: nobody has one. Under 11 it is
 * `rweight`, but where all have congestion control that begins with `weight`, and leaves who has none as it is.
 */
export function weightsOf(members: readonly Shares[], algorithm: string): number[] {
  if (algorithm === "kamailio:11" && members.every(({ data }) => hasCongestionControl(data?.attrs ?? {})))
    return members.map(({ weight, rweight }) => Math.max(weight > 0 ? weight : rweight, 0));
  const share = WEIGHED[algorithm] ?? shareOf(members);
  return share === undefined ? [] : members.map((one) => Math.max(one[share], 0));
}

/** Which attribute Kamailio's algorithms with weights read. */
const WEIGHED: Readonly<Record<string, "weight" | "rweight">> = {
  "kamailio:9": "weight",
  "kamailio:11": "rweight",
  "kamailio:15": "weight",
};

function shareOf(members: readonly Shares[]): "weight" | "rweight" | undefined {
  if (members.some((one) => one.weight >= 0)) return "weight";
  return members.some((one) => one.rweight >= 0) ? "rweight" : undefined;
}

/** Where Kamailio's 100-slot table would share out differently than the numbers say. */
export function weightWarnings(
  algorithm: string,
  members: readonly ListDestination[],
): { line: number; column: number; what: string; hint: string }[] {
  const record = members[0]?.record;
  if (algorithm !== "weighted" || record === undefined) return [];
  const at = { line: record.line, column: record.column };
  const sum = members.reduce((total, one) => total + Math.max(one.weight, 0), 0);
  if (shareOf(members) === undefined || sum === 0) {
    return [
      {
        ...at,
        what: `set ${record.set} has no weights: Kamailio's algorithm 9 would send everything to one destination, here the shares are equal or by rweight`,
        hint: "",
      },
    ];
  }
  if (sum === 100) return [];
  const what = `the weights of set ${record.set} sum to ${sum}, not 100: Kamailio cuts at 100 or gives the rest to the last destination, here shares are relative`;
  return [{ ...at, what, hint: "" }];
}

/** Which set gets the requests: the option, the only one, else the lowest id that a line really names. */
export function chooseSet(
  option: string | undefined,
  sets: ReadonlyMap<number, readonly ListDestination[]>,
): { name?: string; problem?: OptionFault & { severity: "error" | "warning" } } {
  const ids = [...sets.keys()].sort((a, b) => a - b);
  const names = ids.map((id) => String(id >>> 0));
  if (option !== undefined) {
    if (names.includes(option)) return { name: option };
    return {
      problem: {
        severity: "error",
        what: `there is no set ${option} in the file`,
        hint: names.length > 0 ? `sets: ${names.join(", ")}` : "",
      },
    };
  }
  const named = ids.find((id) => sets.get(id)?.some((one) => one.record.setGiven)) ?? ids[0];
  if (named === undefined) return {};
  const name = String(named >>> 0);
  if (ids.length === 1) return { name };
  const others = names.filter((one) => one !== name).join(", ");
  return {
    name,
    problem: {
      severity: "warning",
      what: `requests go to set ${name}; no route leads to set ${others}`,
      hint: "--set ID",
    },
  };
}
