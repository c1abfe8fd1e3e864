// Which row of a table belongs to whom: destinations by set, URI and name, sets by their name. Rows are stable: the same
// identity keeps its row over reloads, so health, load, counters and the policy of a living transaction stay. A row is given
// to somebody else only when no worker can still mean the old owner: its load is zero, every worker has adopted a snapshot
// without it, and whatever names it without being counted as a call (a transaction, a challenge) has come to its end.

/** Slots for a configuration that may yet be refused. Nothing has changed until `commit`. */
export interface SlotPlan {
  /** What was asked for. */
  readonly identities: readonly string[];
  /** By position in these. */
  readonly slots: readonly number[];
  /** Identities by slot, as they will be. */
  readonly next: ReadonlyMap<string, number>;
  /** Slots given to a new owner that had another one before: their rows must be cleared first. */
  readonly reused: readonly number[];
}

/** What slots need to know about the present. */
export interface SlotContext {
  /** Rows that there are. */
  readonly limit: number;
  /** Calls on a slot, over all workers. */
  readonly load: (slot: number) => number;
  /** The oldest generation that any worker works with. */
  readonly oldestGeneration: () => number;
  /** Milliseconds. */
  readonly clock: () => number;
}

/** Milliseconds that a row rests: longer than Timer C and what follows it. */
const REST = 600_000;

/** The name of a destination towards `Slots`. */
export function slotIdentity(set: string, uri: string, name: string): string {
  return `${set}\n${uri}\n${name}`;
}

/** The registry of the rows of one table. */
export class Slots {
  readonly #context: SlotContext;
  /** What was put into force last. */
  #plan: SlotPlan = { identities: [], slots: [], next: new Map(), reused: [] };
  /** Rows without owner: who had it last, the first generation without that owner, and when that was. */
  readonly #left = new Map<number, { identity: string; generation: number; at: number }>();
  #rows = 0;

  constructor(context: SlotContext) {
    this.#context = context;
  }

  /** Rows that were ever used: the length of the table. */
  get rows(): number {
    return this.#rows;
  }

  /** Finds a slot for every identity; null when the tables are full. Identities must differ from each other. */
  plan(identities: readonly string[]): SlotPlan | null {
    // Most changes of tables change what rows say and not who they are.
    if (isSame(identities, this.#plan.identities)) return { ...this.#plan, reused: [] };
    const owned = this.#plan.next;
    const returning = new Map([...this.#left].map(([slot, { identity }]) => [identity, slot] as const));
    const returned = new Set<number>();
    const known = identities.map((identity) => {
      const own = owned.get(identity);
      const slot = own ?? returning.get(identity);
      if (own === undefined && slot !== undefined) returned.add(slot);
      return slot;
    });
    const free = this.#free(returned);
    const reused: number[] = [];
    const slots: number[] = [];
    const next = new Map<string, number>();
    let fresh = this.#rows;
    for (const [at, identity] of identities.entries()) {
      let slot = known[at] ?? free.pop();
      if (slot === undefined && fresh >= this.#context.limit) return null;
      if (known[at] === undefined && slot !== undefined) reused.push(slot);
      slot ??= fresh++;
      slots.push(slot);
      next.set(identity, slot);
    }
    return { identities, slots, next, reused };
  }

  /** The plan becomes true with snapshot `generation`. */
  commit(plan: SlotPlan, generation: number): void {
    const owned = this.#plan.next;
    this.#plan = plan;
    if (plan.next === owned) return;
    const at = this.#context.clock();
    for (const [identity, slot] of owned)
      if (!plan.next.has(identity)) this.#left.set(slot, { identity, generation, at });
    for (const slot of plan.slots) {
      this.#left.delete(slot);
      this.#rows = Math.max(this.#rows, slot + 1);
    }
  }

  #free(taken: ReadonlySet<number>): number[] {
    const { load, oldestGeneration, clock } = this.#context;
    const oldest = oldestGeneration();
    const rested = clock() - REST;
    const free: number[] = [];
    for (const [slot, { generation, at }] of this.#left) {
      if (!taken.has(slot) && generation <= oldest && at <= rested && load(slot) === 0) free.push(slot);
    }
    // The lowest is used first: tables stay short.
    return free.sort((a, b) => b - a);
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at]);
}
