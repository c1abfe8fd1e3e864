// The modules of `algorithms`: read, and tried out as the packet path will use them.
import { dirname, resolve } from "node:path";
import { algorithmByName } from "../dispatch/algorithms/index.ts";
import type { Algorithm } from "../dispatch/types.ts";
import { type ModuleText, placeIn } from "../own/module-text.ts";
import { ownName } from "../own/own-algorithm.ts";
import { moduleText, openModule, tryOut } from "../own/own-module.ts";
import { errorAt, type Finding, warningAt } from "./finding.ts";
import type { ConfigIo } from "./io.ts";
import type { ParsedAlgorithm } from "./sections/algorithms.ts";
import { whyUnreadable } from "./why-unreadable.ts";

/** An algorithm whose module has been read. */
export interface OwnAlgorithmConfig extends ParsedAlgorithm {
  readonly module: ModuleText;
  /** Under the name that sets have for it. */
  readonly algorithm: Algorithm;
}

/** Random sets for each clause of the contract: the command `algorithm check` takes more of them. */
const ROUNDS = 12;
/** Milliseconds for each clause. */
const TIME = 1_000;

/**
 * Reads and tries all that are not among `tried` already; `file` is the configuration's. What breaks the contract is a warning, what throws an error.
 */
export function readAlgorithms(
  parsed: readonly ParsedAlgorithm[],
  file: string,
  io: ConfigIo,
  tried: readonly OwnAlgorithmConfig[] = [],
): { algorithms: OwnAlgorithmConfig[]; findings: Finding[] } {
  const findings: Finding[] = [];
  const algorithms = parsed.flatMap((one): OwnAlgorithmConfig[] => {
    const known = tried.find(({ name, file }) => name === one.name && file === one.file);
    if (known !== undefined) return [known];
    const at = ["algorithms", one.name];
    const text = readText(resolve(dirname(file), one.file), io);
    if (typeof text !== "string") {
      findings.push(errorAt(at, `file ${one.file} cannot be read: ${text.code}`));
      return [];
    }
    const module = moduleText(one.file, text);
    const opened = openModule(ownName(one.name), module);
    if (!opened.ok) {
      findings.push(errorAt(at, `${placeIn(one.file, opened)}: ${opened.what}`, "fairlead algorithm check says more"));
      return [];
    }
    for (const { title, broken, fault } of tryOut(opened.algorithm, { rounds: ROUNDS }, TIME)) {
      if (broken === "") continue;
      if (fault !== null) findings.push(errorAt(at, `${placeIn(one.file, fault)}: ${broken}`, `tried: ${title}`));
      else findings.push(warningAt(at, `${one.file} breaks a promise of algorithms (${title}): ${broken}`));
    }
    return [{ ...one, module, algorithm: opened.algorithm }];
  });
  return { algorithms, findings };
}

/** The algorithm that a set names: ours, another product's, or one of `algorithms`. Undefined: there is none. */
export function algorithmIn(algorithms: readonly OwnAlgorithmConfig[], name: string): Algorithm | undefined {
  return algorithmByName(name) ?? algorithms.find(({ algorithm }) => algorithm.name === name)?.algorithm;
}

function readText(path: string, io: ConfigIo): string | { readonly code: string } {
  try {
    return io.readFile(path);
  } catch (error) {
    return { code: whyUnreadable(error) };
  }
}
