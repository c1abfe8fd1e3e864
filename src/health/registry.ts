// What is known about every destination's health, by slot. Lives as long as the process: a reload keeps it, because slots
// are stable. The one writer of STATE in the live tables.
import type { LiveTables } from "../bridge/live-tables.ts";
import { DestinationState } from "../dispatch/types.ts";
import type { HealthDestination, HealthRecord, ProbeResult, StateChange } from "./health-record.ts";
import { afterResult, beginState, type OperatorWord } from "./operator-word.ts";
import { Orders } from "./orders.ts";
import { markAfter, type ProbeRule } from "./probe-mode.ts";
import { Recollection, type SavedStates, saved } from "./saved-states.ts";
import { isWell, rankedGroups, shownStates } from "./standby.ts";
import { observe, type Thresholds } from "./state.ts";

/** The registry. `clock` gives milliseconds since 1970. */
export class HealthRegistry {
  readonly #live: LiveTables;
  readonly #clock: () => number;
  readonly #onChange: (change: StateChange) => void;
  readonly #targets = new Map<number, HealthDestination>();
  readonly #records = new Map<number, HealthRecord>();
  readonly #orders = new Orders();
  #recollection: Recollection | null = null;
  /** Slots by group, of groups that have more than one rank. */
  #ranked: ReadonlyMap<string, readonly number[]> = new Map();

  constructor(live: LiveTables, clock: () => number, onChange: (change: StateChange) => void) {
    this.#live = live;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /**
   * Takes over the destinations of a new configuration. A slot that is known keeps its state, unless the configuration says
   * something else about it than it did before. Slots that are gone are forgotten, but a new slot of the same destination (a
   * name may have other addresses, or some again) begins with the operator's word about it. Slots of `targets` differ.
   */
  adopt(targets: readonly HealthDestination[]): void {
    this.#forgetOrders(targets);
    for (const target of targets) {
      const before = this.#targets.get(target.slot);
      if (before === target) continue;
      this.#targets.set(target.slot, target);
      if (before === undefined) this.#begin(target, this.#orders.find(target.group, target.name));
      else if (target.state !== before.state) this.#beginAgain(target, null);
      else if (target.unusable !== before.unusable)
        this.#beginAgain(
          target,
          this.#records.get(target.slot)?.operator ?? this.#orders.find(target.group, target.name),
        );
    }
    if (this.#targets.size !== targets.length) this.#forgetOthers(targets);
    const before = this.#ranked;
    this.#ranked = rankedGroups(targets);
    for (const [group, slots] of before) if (!this.#ranked.has(group)) this.#showOwn(slots);
    for (const group of this.#ranked.keys()) this.#show(group);
  }

  #forgetOthers(targets: readonly HealthDestination[]): void {
    const kept = new Set(targets.map(({ slot }) => slot));
    for (const slot of [...this.#targets.keys()]) {
      if (kept.has(slot)) continue;
      this.#targets.delete(slot);
      this.#records.delete(slot);
    }
  }

  /** States and orders, for a later process. */
  save(): SavedStates {
    const destinations = [...this.#records].flatMap(([slot, record]) => {
      const target = this.#targets.get(slot);
      return target === undefined ? [] : [saved(target, record)];
    });
    return { destinations, orders: this.#orders.save() };
  }

  /** Until `states` is null, destinations begin as they were saved. */
  recallFrom(states: SavedStates | null): void {
    this.#recollection = states === null ? null : new Recollection(states);
    if (states !== null) this.#orders.restore(states.orders);
  }

  /** What probes, calls and operators have said is void: every destination is as the configuration says. */
  startOver(): void {
    for (const target of this.#targets.values()) {
      this.#orders.forget(target.group);
      this.#beginAgain(target, null);
    }
  }

  /** What is known about a slot. */
  get(slot: number): HealthRecord | undefined {
    return this.#records.get(slot);
  }

  /** The destination in a slot. */
  target(slot: number): HealthDestination | undefined {
    return this.#targets.get(slot);
  }

  /** The others of its set. */
  *others(slot: number): Generator<HealthRecord> {
    const set = this.#targets.get(slot)?.set;
    for (const other of this.#targets.values()) {
      const record = this.#records.get(other.slot);
      if (other.slot !== slot && other.set === set && record !== undefined) yield record;
    }
  }

  /** Whether a slot is the only one of its set to which new requests may go. */
  isLastUsable(slot: number): boolean {
    for (const other of this.others(slot)) if (isWell(other.state) && !this.#live.isResting(other.slot)) return false;
    return true;
  }

  /**
   * The operator's word about one row: counts start again, thresholds do not apply. A destination that cannot be used
   * remembers it for when it can, and is disabled or draining at once.
   */
  setState(slot: number, state: DestinationState, reason: string, marked?: boolean): void {
    this.#order(slot, { by: "operator", state, reason, at: this.#clock() }, marked);
  }

  /** A mark disables one row, as an operator would, who alone can take it back. */
  disableByMark(slot: number, reason: string): void {
    this.#order(slot, { by: "mark", state: DestinationState.disabled, reason, at: this.#clock() }, undefined);
  }

  #order(slot: number, operator: OperatorWord, marked: boolean | undefined): void {
    const target = this.#targets.get(slot);
    if (target === undefined) return;
    this.#orders.give(target.group, target.name, operator);
    this.#obey(target, operator, marked);
  }

  /** The operator's word about the whole destination that a row belongs to, rows that come later included. */
  setStateOfAll(slot: number, state: DestinationState, reason: string, marked?: boolean): void {
    const group = this.#targets.get(slot)?.group;
    if (group === undefined) return;
    const operator: OperatorWord = { by: "operator", state, reason, at: this.#clock() };
    this.#orders.give(group, null, operator);
    for (const target of [...this.#targets.values()]) {
      if (target.group === group) this.#obey(target, operator, marked);
    }
  }

  #obey(target: HealthDestination, operator: OperatorWord, marked: boolean | undefined): void {
    const now = beginState(target.state, target.unusable, operator);
    this.#become(target.slot, now.state, now.reason, { operator, ...(marked === undefined ? {} : { marked }) });
  }

  /** What passive health has concluded: counts start again, thresholds do not apply. */
  conclude(slot: number, state: DestinationState, reason: string, marked?: boolean): void {
    this.#becomeByResult(slot, state, reason, marked === undefined ? {} : { marked });
  }

  /** Whether it takes no new calls because of what probes or calls said, and not by anybody's word. */
  isDownByResults(slot: number): boolean {
    const record = this.#records.get(slot);
    if (record === undefined || record.state !== DestinationState.inactive) return false;
    const target = this.#targets.get(slot);
    if (target === undefined || target.unusable !== "") return false;
    return (record.operator?.state ?? target.state) !== DestinationState.inactive;
  }

  /** Neither probes nor calls will say anything about this slot any more: what they said no longer counts. */
  unwatched(slot: number): void {
    if (!this.isDownByResults(slot)) return;
    const record = this.#records.get(slot);
    const target = this.#targets.get(slot);
    if (record === undefined || target === undefined) return;
    const { state } = beginState(target.state, target.unusable, record.operator);
    this.#become(slot, state, "neither probes nor calls watch it any more", {});
  }

  /**
   * Passive health's suspicion against a destination that is probed: inactive, but the very next good probe clears it. A
   * server may have its reasons to be silent to some requests.
   */
  suspect(slot: number, reason: string): void {
    this.#becomeByResult(slot, DestinationState.inactive, reason, {
      marked: true,
      count: Number.MAX_SAFE_INTEGER - 1,
    });
  }

  /** A probe was decided. */
  probed(slot: number, result: ProbeResult, thresholds: Thresholds, mode: ProbeRule): void {
    const record = this.#records.get(slot);
    if (record === undefined) return;
    const next = observe(record, result.outcome, thresholds);
    const marked = markAfter(mode, record.marked, result.outcome, next.state);
    this.#records.set(slot, { ...record, count: next.count, marked, lastProbe: result });
    if (next.state !== record.state)
      this.#becomeByResult(slot, next.state, `probe: ${result.what}`, { count: next.count, marked });
  }

  /** What an operator has ordered does not outlive the destination, nor a new word of the configuration about its state. */
  #forgetOrders(targets: readonly HealthDestination[]): void {
    if (this.#orders.isEmpty) return;
    const before = new Map([...this.#targets.values()].map(({ group, state }) => [group, state] as const));
    const now = new Map(targets.map(({ group, state }) => [group, state] as const));
    for (const [group, state] of before) if (now.get(group) !== state) this.#orders.forget(group);
    if (this.#recollection === null) return;
    for (const { group } of this.#orders.save()) if (!now.has(group)) this.#orders.forget(group);
    for (const target of targets) if (this.#recollection.isVoid(target)) this.#orders.forget(target.group);
  }

  #begin(target: HealthDestination, operator: OperatorWord | null): void {
    const { slot, marked } = target;
    const begun = this.#recollection?.recall(target);
    const { state, reason } = begun ?? beginState(target.state, target.unusable, operator);
    const fresh = { slot, state, count: 0, reason, since: this.#clock(), marked, lastProbe: null, operator };
    this.#live.setState(slot, state);
    this.#records.set(slot, begun == null ? fresh : { ...fresh, ...begun });
  }

  #beginAgain(target: HealthDestination, operator: OperatorWord | null): void {
    const { state, reason } = beginState(target.state, target.unusable, operator);
    this.#become(target.slot, state, reason, { marked: target.marked, operator });
  }

  #becomeByResult(slot: number, state: DestinationState, reason: string, more: Partial<HealthRecord>): void {
    const operator = afterResult(this.#records.get(slot)?.operator ?? null);
    this.#become(slot, state, reason, { ...more, operator });
  }

  /** Nobody of these stands by any longer. */
  #showOwn(slots: readonly number[]): void {
    for (const slot of slots) {
      const record = this.#records.get(slot);
      if (record !== undefined) this.#live.setState(slot, record.state);
    }
  }

  /** Writes what a group's rows show: those of better rank serve, the others stand by. */
  #show(group: string): void {
    const slots = this.#ranked.get(group)?.filter((slot) => this.#records.has(slot));
    if (slots === undefined) return;
    const rows = slots.map((slot) => ({
      group,
      rank: this.#targets.get(slot)?.rank ?? 0,
      state: this.#records.get(slot)?.state ?? DestinationState.inactive,
    }));
    for (const [at, state] of shownStates(rows).entries()) this.#live.setState(slots[at] ?? 0, state);
  }

  #become(slot: number, state: DestinationState, reason: string, more: Partial<HealthRecord>): void {
    const record = this.#records.get(slot);
    const target = this.#targets.get(slot);
    if (record === undefined || target === undefined) return;
    const at = this.#clock();
    const since = record.state === state ? record.since : at;
    this.#records.set(slot, { ...record, count: 0, ...more, state, reason, since });
    // A row that only stands by must not look active, not even for a moment.
    if (this.#ranked.has(target.group)) this.#show(target.group);
    else this.#live.setState(slot, state);
    if (record.state !== state) this.#onChange({ target, from: record.state, to: state, reason, at });
  }
}
