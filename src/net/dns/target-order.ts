// The order in which a client tries SRV records (RFC 2782): the lowest priority first; among equals by chance, in
// proportion to their weights.

/** What the order depends on. */
export interface Ranked {
  readonly priority: number;
  readonly weight: number;
}

/** A new array in the order of trying. `random` gives numbers from 0 up to, not including, 1. */
export function orderTargets<T extends Ranked>(targets: readonly T[], random: () => number): T[] {
  const ordered: T[] = [];
  // Weight 0 first within its priority: RFC 2782 gives such records a small chance that way.
  const left = [...targets].sort((a, b) => a.priority - b.priority || a.weight - b.weight);
  while (left.length > 0) {
    const priority = left[0]?.priority;
    const equals = left.filter((each) => each.priority === priority);
    const total = equals.reduce((sum, { weight }) => sum + weight, 0);
    let draw = Math.floor(random() * (total === 0 ? equals.length : total + 1));
    const at = equals.findIndex(({ weight }) => {
      draw -= total === 0 ? 1 : weight;
      return total === 0 ? draw < 0 : draw <= 0;
    });
    ordered.push(...left.splice(Math.max(at, 0), 1));
  }
  return ordered;
}
