// Destinations whose probes an operator has paused. Like every word of an operator it belongs to the destination as configured, with all the
// servers that its name stands for, and holds over reloads and, where states are kept, over restarts.

/** The pauses, by group (the destination as configured). */
export class ProbePauses {
  readonly #groups = new Set<string>();

  /** Whether no probes go there. */
  has(group: string): boolean {
    return this.#groups.has(group);
  }

  /** From now on, or no longer. Returns whether it was otherwise before. */
  set(group: string, isPaused: boolean): boolean {
    if (this.#groups.has(group) === isPaused) return false;
    if (isPaused) this.#groups.add(group);
    else this.#groups.delete(group);
    return true;
  }

  /** Destinations that are gone are forgotten. */
  adopt(groups: Iterable<string>): void {
    if (this.#groups.size === 0) return;
    const kept = new Set(groups);
    for (const group of [...this.#groups]) if (!kept.has(group)) this.#groups.delete(group);
  }

  /** All of them, for a later process. */
  save(): string[] {
    return [...this.#groups];
  }

  /** Takes these over; the others end. */
  restore(groups: readonly string[]): void {
    this.#groups.clear();
    for (const group of groups) this.#groups.add(group);
  }
}
