// What operators have ordered about destinations. An order belongs to the destination as configured, not to the servers that
// its name stands for today: a drain lasts while addresses come and go, and while the name cannot be found at all.
import { DestinationState } from "../dispatch/types.ts";
import { isOperators, type OperatorWord, type Speaker } from "./operator-word.ts";
import { nameOfState, type StateName, stateOf } from "./state.ts";

/** An order as it is kept over a restart; `name` empty: about the whole destination. */
export interface SavedOrder {
  readonly group: string;
  readonly name: string;
  readonly by: Speaker;
  readonly state: StateName;
  readonly reason: string;
}

/** Key of the order about all rows of a destination. */
const ALL = "";

/** Orders by group (the destination as configured) and row name. */
export class Orders {
  readonly #groups = new Map<string, Map<string, OperatorWord>>();

  /** Whether nothing is ordered. */
  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  /** The order about a row, or about its whole destination; null: there is none. */
  find(group: string, name: string): OperatorWord | null {
    // Looking for one of ten thousand long names is work, and mostly nobody has ordered anything.
    if (this.isEmpty) return null;
    const orders = this.#groups.get(group);
    return orders?.get(name) ?? orders?.get(ALL) ?? null;
  }

  /** An order about a row; `name` null: about the whole destination, and older ones about its rows are void. */
  give(group: string, name: string | null, order: OperatorWord): void {
    const orders = this.#groups.get(group) ?? new Map<string, OperatorWord>();
    if (name === null) orders.clear();
    // Inactive is for probes to end.
    if (isOperators(order.state) || order.state === DestinationState.active) orders.set(name ?? ALL, order);
    else orders.delete(name ?? ALL);
    if (orders.size > 0) this.#groups.set(group, orders);
    else this.#groups.delete(group);
  }

  /** All of them. */
  save(): SavedOrder[] {
    return [...this.#groups].flatMap(([group, orders]) =>
      [...orders].map(([name, { by, state, reason }]) => ({ group, name, by, state: nameOfState(state), reason })),
    );
  }

  /** Takes them over from before a restart; those about destinations that are no more are forgotten at the next reload. */
  restore(orders: readonly SavedOrder[]): void {
    for (const { group, name, by, state, reason } of orders)
      this.give(group, name === ALL ? null : name, { by, state: stateOf(state), reason });
  }

  /** The configuration says something new, or the destination is gone. */
  forget(group: string): void {
    this.#groups.delete(group);
  }
}
