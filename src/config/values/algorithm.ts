// Names of algorithms: ours, or `PRODUCT:NUMBER` for those of Kamailio and OpenSIPS.
import { ALGORITHMS, algorithmByKamailioNumber, algorithmByName } from "../../dispatch/algorithms/index.ts";
import { COMPAT } from "../../dispatch/compat/index.ts";
import { type Algorithm, KeySource } from "../../dispatch/types.ts";
import { isOwnName } from "../../own/own-algorithm.ts";
import { suggestion } from "../suggest.ts";

/** Every name that may be written. */
export const ALGORITHM_NAMES: readonly string[] = [...ALGORITHMS, ...COMPAT].map((algorithm) => algorithm.name);

/** What is wrong with a name, and what would be right. */
export interface AlgorithmFault {
  readonly what: string;
  readonly hint: string;
}

/** Whether it is one of another product's. */
export function isCompat(name: string): boolean {
  return COMPAT.some((algorithm) => algorithm.name === name);
}

/** What no key can stand for. */
const KEYLESS: readonly KeySource[] = [KeySource.none, KeySource.isInvite, KeySource.resources];

/** What is wrong with a set of this algorithm that has, or has not, a key of its own; null: nothing. */
export function keyFault(name: string, key: string | undefined): AlgorithmFault | null {
  const algorithm = algorithmByName(name);
  return algorithm === undefined ? null : keyFaultOf(algorithm, key);
}

/** The same of an algorithm that may be anybody's. */
export function keyFaultOf(algorithm: Algorithm, key: string | undefined): AlgorithmFault | null {
  const { name } = algorithm;
  const needsKey = algorithm.needsKey === true;
  if (key === undefined) {
    return needsKey
      ? { what: `${name} hashes what \`key\` says, and there is none`, hint: 'key: "{from.user}"' }
      : null;
  }
  const isHash = needsKey || !KEYLESS.includes(algorithm.key);
  return isHash ? null : { what: `${name} does not look at a key`, hint: "algorithm: hash-key" };
}

/** What is wrong with a `load_bound` under this algorithm; null: nothing. */
export function boundFault(name: string): AlgorithmFault | null {
  const algorithm = algorithmByName(name);
  return algorithm === undefined ? null : boundFaultOf(algorithm);
}

/** The same of an algorithm that may be anybody's. */
export function boundFaultOf({ name, uses }: Algorithm): AlgorithmFault | null {
  if (uses?.includes("bound") === true) return null;
  const bounded = ALGORITHMS.filter((one) => one.uses?.includes("bound") === true).map((one) => one.name);
  return { what: `${name} has no bound on calls`, hint: `algorithm: ${bounded.join(", or ")}` };
}

/** Why this is no algorithm; null when it is one. */
export function algorithmFault(name: string): AlgorithmFault | null {
  // Whether there is such a module is for references.ts to say.
  if (ALGORITHM_NAMES.includes(name) || isOwnName(name)) return null;
  const product = /^(kamailio|opensips):/i.exec(name)?.[1]?.toLowerCase();
  if (product !== undefined) {
    const numbers = COMPAT.filter((one) => one.name.startsWith(product)).map((one) => one.name.split(":")[1]);
    return { what: `there is no algorithm "${name}"`, hint: `${product}: and one of ${numbers.join(", ")}` };
  }
  if (/^\d+$/.test(name)) {
    const ours = algorithmByKamailioNumber(Number(name));
    const beside = ours === undefined ? "" : `, or ours: ${ours.name}`;
    return { what: `algorithm ${name} of which product?`, hint: `"kamailio:${name}", "opensips:${name}"${beside}` };
  }
  const names = ALGORITHMS.map((algorithm) => algorithm.name);
  const hint = suggestion(name, names);
  return {
    what: `unknown algorithm "${name}"`,
    hint: hint.startsWith("did") ? `${hint} one of ${names.join(", ")}` : hint,
  };
}
