// The counters audit: every worker goes through its tables, and what they hold is compared with what is counted. Where both
// differ, the tables are right. It is also how calls are forgotten that no BYE will end: with their destination.
import type { LiveTables } from "../bridge/live-tables.ts";
import { MAX_DESTINATIONS, OUTSIDE, RECOUNT_SHIFT, RecountColumns, RecountWish } from "../bridge/recount.ts";
import { ACCOUNT_SHIFT } from "../bridge/resource-loads.ts";
import { ControlWord } from "../bridge/worker-start.ts";
import type { ControlBlocks } from "./control-words.ts";
import type { Log } from "./log.ts";
import { until } from "./workers.ts";

/** One destination, or the calls outside of all, as found. */
export interface AuditEntry {
  /** -1: calls whose callee is no destination. */
  readonly slot: number;
  /** Calls held by transactions that are not answered yet, and by dialogs. */
  readonly ringing: number;
  readonly talking: number;
  /** By how much the load was too high; 0: it was right. */
  readonly drift: number;
}

/** A resource of which more (or less) was counted than calls hold. */
export interface ResourceDrift {
  readonly account: number;
  readonly resource: number;
  readonly drift: number;
}

/** Calls that were taken to be over: those on the destinations, and those that these made, whose resources came back. */
export interface ForgottenCalls {
  readonly forgotten: number;
  readonly made: number;
}

/** What an audit found. */
export interface AuditReport {
  /** Workers that went through their tables; those that did not in time cannot be judged. */
  readonly workers: readonly number[];
  readonly missing: readonly number[];
  /** Every row with a call or a drift. */
  readonly entries: readonly AuditEntry[];
  readonly resources: readonly ResourceDrift[];
  readonly isRepaired: boolean;
}

/** What an audit needs. */
export interface AuditContext {
  readonly live: LiveTables;
  readonly control: ControlBlocks;
  readonly wake: (worker: number) => void;
  /** The name of the destination in a slot. */
  readonly nameOf: (slot: number) => string;
  readonly log: Log;
}

/** A worker that takes longer has other troubles; milliseconds. */
const PATIENCE = 2_000;
/** How often a total is compared with its columns before a difference is believed, and the milliseconds between. */
const SAMPLES = 5;
const SAMPLE_PAUSE = 3;

/** Audits, one after the other. */
export class Audit {
  readonly #context: AuditContext;
  readonly #columns: readonly RecountColumns[];
  #number = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(context: AuditContext) {
    this.#context = context;
    const { recounts, workers } = context.live.memory;
    this.#columns = Array.from({ length: workers }, (_, worker) => new RecountColumns(recounts, worker, workers));
  }

  /** Compares, and with `isRepair` makes the counters say what the tables hold. */
  run(isRepair: boolean): Promise<AuditReport> {
    return this.#inTurn(async () => {
      const { done, missing } = await this.#ask(isRepair ? RecountWish.repair : 0);
      const totals = await this.#totalDrifts();
      if (isRepair) for (const [slot, drift] of totals) this.#context.live.correct(-1, slot, -drift);
      return {
        workers: done,
        missing,
        entries: this.#entries(done, totals),
        resources: this.#resources(done),
        isRepaired: isRepair,
      };
    });
  }

  /** Calls on these destinations, and those that they made, are over, for this reason, whatever their dialogs look like. */
  async forgetCalls(slots: readonly number[], reason: string): Promise<ForgottenCalls> {
    const done = await this.#release(slots);
    const { log, nameOf } = this.#context;
    const destinations = slots.map(nameOf);
    if (done.forgotten + done.made > 0)
      log.warn(
        { calls: done.forgotten, made: done.made, destinations, reason },
        "calls are taken to be over and no longer counted",
      );
    return done;
  }

  #release(slots: readonly number[]): Promise<ForgottenCalls> {
    return this.#inTurn(async () => {
      const { live } = this.#context;
      const over = this.#columns[0]?.over;
      const lost = () => slots.reduce((sum, slot) => sum + live.counter(slot, "calls_lost"), 0);
      const givenBack = () => this.#columns.reduce((sum, column) => sum + column.givenBack[0]!, 0);
      const before = lost();
      const madeBefore = givenBack();
      for (const slot of slots) if (over !== undefined) over[slot] = 1;
      await this.#ask(RecountWish.release);
      for (const slot of slots) if (over !== undefined) over[slot] = 0;
      return { forgotten: lost() - before, made: givenBack() - madeBefore };
    });
  }

  /** Has every worker that is there recount. */
  async #ask(wishes: number): Promise<{ done: number[]; missing: number[] }> {
    const { control, wake } = this.#context;
    this.#number = (this.#number + 1) & 0xffffff;
    const asked = (this.#number << RECOUNT_SHIFT) | wishes;
    const all = Array.from({ length: control.workers }, (_, worker) => worker);
    for (const worker of all) {
      control.write(worker, ControlWord.recount, asked);
      wake(worker);
    }
    const isDone = (worker: number) => control.read(worker, ControlWord.recounted) === asked;
    await until(() => all.every(isDone), PATIENCE);
    return { done: all.filter(isDone), missing: all.filter((worker) => !isDone(worker)) };
  }

  /**
   * Where a total is not the sum of its columns. A worker that is just counting makes one for a moment, so only what every look
   * sees is one.
   */
  async #totalDrifts(): Promise<Map<number, number>> {
    const drifts = new Map<number, number>();
    for (let slot = 0; slot < MAX_DESTINATIONS; slot++) {
      const drift = this.#totalDrift(slot);
      if (drift !== 0) drifts.set(slot, drift);
    }
    for (let look = 1; look < SAMPLES && drifts.size > 0; look++) {
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_PAUSE));
      for (const [slot, drift] of [...drifts]) if (this.#totalDrift(slot) !== drift) drifts.delete(slot);
    }
    return drifts;
  }

  #totalDrift(slot: number): number {
    const { live } = this.#context;
    for (let tries = 0; tries < SAMPLES; tries++) {
      const before = live.load(slot);
      const held = this.#columns.reduce((sum, _, worker) => sum + live.heldBy(worker, slot), 0);
      if (live.load(slot) === before) return before - held;
    }
    return 0;
  }

  #entries(workers: readonly number[], totals: ReadonlyMap<number, number>): AuditEntry[] {
    const entries: AuditEntry[] = [];
    for (let row = 0; row <= OUTSIDE; row++) {
      let [ringing, talking, held] = [0, 0, 0];
      for (const worker of workers) {
        const columns = this.#columns[worker];
        ringing += columns?.transactions[row] ?? 0;
        talking += columns?.dialogs[row] ?? 0;
        held += columns?.held[row] ?? 0;
      }
      const drift = held - ringing - talking + (totals.get(row) ?? 0);
      if (ringing === 0 && talking === 0 && drift === 0) continue;
      entries.push({ slot: row === OUTSIDE ? -1 : row, ringing, talking, drift });
    }
    return entries;
  }

  #resources(workers: readonly number[]): ResourceDrift[] {
    const drifts: ResourceDrift[] = [];
    const end = this.#context.live.resources.rows << ACCOUNT_SHIFT;
    for (let cell = 0; cell < end; cell++) {
      const drift = workers.reduce((sum, worker) => sum + (this.#columns[worker]?.resources[cell] ?? 0), 0);
      if (drift === 0) continue;
      drifts.push({ account: cell >> ACCOUNT_SHIFT, resource: cell & ((1 << ACCOUNT_SHIFT) - 1), drift });
    }
    return drifts;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}
