// A user's module, from its text to an algorithm: tried out before anybody relies on it.
import { CONTRACT, type Trial } from "../dispatch/contract.ts";
import type { Algorithm } from "../dispatch/types.ts";
import { evaluate, faultOf, type ModuleFault, type ModuleText } from "./module-text.ts";
import { algorithmOfExports } from "./own-algorithm.ts";
import { attended, throwWhatBegan } from "./started.ts";
import { TooLate, within } from "./time-limit.ts";

/** Milliseconds for loading a module. */
const TIME = 1_000;

/** An algorithm as workers get it. */
export interface OwnAlgorithmEntry {
  /** As sets name it: `own:NAME`. */
  readonly name: string;
  readonly module: ModuleText;
}

/** How many clauses the contract has. */
export const PROMISES: number = CONTRACT.length;

/** The algorithm, or why there is none. */
export type Opened = { readonly ok: true; readonly algorithm: Algorithm } | ({ readonly ok: false } & ModuleFault);

/** One clause of the contract; `broken` empty: it is kept. */
export interface Verdict {
  readonly title: string;
  readonly broken: string;
  /** It threw, or never came back: where, if that is known. */
  readonly fault: ModuleFault | null;
}

/** A module's text by the file that it is from. */
export function moduleText(file: string, text: string): ModuleText {
  return { text, isTypeScript: /\.[mc]?ts$/.test(file) };
}

/** Loads a module. Never throws, and comes back also where the module does not. */
export function openModule(name: string, module: ModuleText): Opened {
  try {
    return underLimits(TIME, () => {
      const opened = loaded(name, module);
      if (!opened.ok) throw new NotLoaded(opened);
      return opened;
    });
  } catch (error) {
    return { ok: false, ...(error instanceof NotLoaded ? error.fault : faultOf(error)) };
  }
}

/** More to the point than what it may have started on the way. */
class NotLoaded extends Error {
  readonly fault: ModuleFault;

  constructor(fault: ModuleFault) {
    super(fault.what);
    this.fault = fault;
  }
}

/** Without a time limit; throws what the fields of the exports throw when they are read. */
function loaded(name: string, module: ModuleText): Opened {
  const evaluated = evaluate(module);
  if (!evaluated.ok) return evaluated;
  const algorithm = algorithmOfExports(name, evaluated.exports);
  return typeof algorithm === "string" ? { ok: false, what: algorithm, line: 0, column: 0 } : { ok: true, algorithm };
}

/**
 * The contract, clause by clause, each within so many milliseconds; one that takes longer is the last. Never throws, and comes back also
 * where the algorithm does not.
 */
export function tryOut(algorithm: Algorithm, trial: Trial, milliseconds: number): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  const tried = endingEarly(algorithm);
  for (const { title, broken } of CONTRACT) {
    try {
      verdicts.push({ title, broken: underLimits(milliseconds, () => broken(tried, trial)), fault: null });
    } catch (error) {
      const fault = faultOf(error);
      verdicts.push({ title, broken: fault.what, fault });
      if (error instanceof TooLate) break;
    }
  }
  return verdicts;
}

/**
 * The same, each choice of which throws once something has been started that nobody waits for: a clause makes hundreds of thousands of
 * choices, and would hold on to what each of them has started.
 */
function endingEarly(algorithm: Algorithm): Algorithm {
  return {
    ...algorithm,
    select(set, key, live, out) {
      const count = algorithm.select(set, key, live, out);
      throwWhatBegan();
      return count;
    },
  };
}

/** What `work` returns or throws, a user's algorithm being asked in it; throws where that takes longer, or starts what it does not wait for. */
export function underLimits<T>(milliseconds: number, work: () => T): T {
  return attended(() => within(milliseconds, work));
}

/** The algorithms of a snapshot in this thread, by name. They were tried out; one that fails to load here throws when it is asked. */
export function algorithmsOf(entries: readonly OwnAlgorithmEntry[]): ReadonlyMap<string, Algorithm> {
  return new Map(
    entries.map(({ name, module }) => {
      const opened = openedHere(name, module);
      return [name, opened.ok ? opened.algorithm : failing(name, opened.what)];
    }),
  );
}

function openedHere(name: string, module: ModuleText): Opened {
  try {
    return loaded(name, module);
  } catch (error) {
    return { ok: false, ...faultOf(error) };
  }
}

function failing(name: string, what: string): Algorithm {
  return {
    name,
    summary: what,
    key: 0,
    isPure: false,
    compile: () => new Uint16Array(0),
    select: () => {
      throw new Error(what);
    },
  };
}
