// What a user's own algorithm is written as, and what the rest of the program takes it for.
import { type Algorithm, type Destination, type DispatcherSet, KeySource, type Live } from "../dispatch/types.ts";
import { faultOf } from "./module-text.ts";
import { noNumber, type ScoreFunction, scoring } from "./own-score.ts";
import { attended } from "./started.ts";
import { within } from "./time-limit.ts";

/** What `select` gets as its key: the words of a set's `key`, `set` for what that says, and 1 for an INVITE under `is-invite`. */
const KEYS = {
  none: KeySource.none,
  "call-id": KeySource.callId,
  from: KeySource.from,
  to: KeySource.to,
  "request-uri": KeySource.requestUri,
  "auth-user": KeySource.authUser,
  "is-invite": KeySource.isInvite,
  set: KeySource.none,
} as const;

/** What it sees of its set. */
export type OwnSet = Pick<DispatcherSet, "index" | "slots" | "weights" | "maxCalls" | "table" | "facts" | "loadBound">;

/** What it sees of the present. */
export type OwnLive = Pick<
  Live,
  "isUsable" | "load" | "latency" | "congestion" | "answerTime" | "score" | "turn" | "random"
>;

/** The export `algorithm` of a module. Types: see `Algorithm` (dispatch/types.ts), which this is without a name of its own. */
export interface OwnAlgorithm {
  /** One sentence. */
  readonly summary: string;
  /** Default: `none`. */
  readonly key?: keyof typeof KEYS;
  /** See `Algorithm.uses`. */
  readonly uses?: Algorithm["uses"];
  /** See `Algorithm.goesBy`. */
  readonly goesBy?: string;
  /** See `Algorithm.isPure`; default: no. */
  readonly isPure?: boolean;
  /** See `Algorithm.choosesAgain`; default: no. */
  readonly choosesAgain?: boolean;
  /** See `Algorithm.compile`; absent: an empty table. */
  compile?(destinations: readonly Destination[]): Uint16Array;
  /** See `Algorithm.select`; absent where there is a `score`. */
  select?(set: OwnSet, key: number, live: OwnLive, out: Uint16Array): number;
  /** What a usable destination is worth for the request at hand, instead of `select`: see own-score.ts. */
  score?: ScoreFunction;
}

/** How the algorithms of modules are named in sets: `own:NAME`. */
const PREFIX = "own:";

/** Whether a set's `algorithm` is one of a module. */
export function isOwnName(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** As a set names the algorithm that `algorithms` has under `name`. */
export function ownName(name: string): string {
  return PREFIX + name;
}

/** A module failed while its table was made. */
export class AlgorithmFailure extends Error {}

/** Milliseconds. */
const COMPILE_TIME = 2_000;
const SHAPE =
  'export const algorithm = {summary: "…", select(set, key, live, out) { … }}, or score(uri, attrs, scriptAttrs) { … } in its place';

const NO_CHOICE = `\`algorithm\` has no function \`select\`: ${SHAPE}`;

/** The algorithm of a module's exports under a set's name for it, or what is wrong with them. */
export function algorithmOfExports(name: string, exports: Readonly<Record<string, unknown>>): Algorithm | string {
  const given = exports.algorithm;
  if (typeof given !== "object" || given === null) return `it exports no \`algorithm\`: ${SHAPE}`;
  const fault = wrongField(given);
  if (fault !== "") return fault;
  const own = given as OwnAlgorithm;
  const choose = own.select?.bind(own) ?? (own.score === undefined ? null : scoring(own.score.bind(own)));
  if (choose === null) return NO_CHOICE;
  const { summary, key = "none", uses, goesBy, isPure = false, choosesAgain = false } = own;
  const source = KEYS[key];
  return {
    name,
    summary,
    key: source,
    ...(source === KeySource.none || source === KeySource.isInvite ? {} : { keyElse: KeySource.callId }),
    ...(key === "set" ? { needsKey: true, keyElse: KeySource.callId } : {}),
    ...(uses === undefined ? {} : { uses }),
    ...(goesBy === undefined ? {} : { goesBy }),
    isPure,
    choosesAgain,
    wantsFacts: true,
    compile: (destinations) => (own.compile === undefined ? new Uint16Array(0) : compiled(name, own, destinations)),
    select(set, hashed, live, out) {
      const count: unknown = choose(set, hashed, live, out);
      return typeof count === "number" ? count : noNumber("select", count);
    },
  };
}

/** Throws an `AlgorithmFailure` where the module fails. */
function compiled(name: string, own: OwnAlgorithm, destinations: readonly Destination[]): Uint16Array {
  let table: unknown;
  try {
    table = attended(() => within(COMPILE_TIME, () => own.compile?.(destinations)));
  } catch (error) {
    throw new AlgorithmFailure(`${name}: compile: ${faultOf(error).what}`);
  }
  if (table instanceof Uint16Array) return table;
  throw new AlgorithmFailure(`${name}: compile returned no Uint16Array`);
}

/** What is wrong with the fields; empty: nothing. */
function wrongField(given: object): string {
  const { summary, key, uses, goesBy, isPure, choosesAgain, compile, select, score } = given as Record<string, unknown>;
  if (select === undefined && score === undefined) return NO_CHOICE;
  if (select !== undefined && score !== undefined) return "`algorithm` has both `select` and `score`: which of them?";
  for (const [name, one] of Object.entries({ select, score, compile }))
    if (one !== undefined && typeof one !== "function") return `\`${name}\` is to be a function, or absent`;
  if (typeof summary !== "string" || summary === "") return "`summary` is to be a sentence";
  if (key !== undefined && !(typeof key === "string" && Object.hasOwn(KEYS, key)))
    return `\`key\` is to be one of ${Object.keys(KEYS).join(", ")}`;
  const words: readonly unknown[] = ["weight", "order", "latency", "bound", "congestion", "score"];
  if (uses !== undefined && !(Array.isArray(uses) && uses.every((one) => words.includes(one))))
    return `\`uses\` is to be a list of ${words.join(", ")}`;
  if (goesBy !== undefined && typeof goesBy !== "string") return "`goesBy` is to be a text";
  for (const [name, flag] of Object.entries({ isPure, choosesAgain }))
    if (flag !== undefined && typeof flag !== "boolean") return `\`${name}\` is to be true or false`;
  return "";
}
