// Connections that are to be closed because something of them is late.
import type { StreamCounter, StreamLimits } from "../bridge/stream-start.ts";
import type { Connection } from "./connection.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Turns } from "./turns.ts";

/** Who has them. */
export interface OverdueOwner {
  readonly intake: Pick<Deliveries, "isHeld">;
  countUp(name: StreamCounter): void;
}

/** Judges connections, and closes those that are overdue, each in its turn. */
export class Overdue {
  readonly #limits: StreamLimits;
  readonly #farewells: Turns;
  readonly #places: readonly (Connection | undefined)[];
  readonly #owner: OverdueOwner;

  /** `places`: those that are there, by their place. */
  constructor(
    limits: StreamLimits,
    farewells: Turns,
    places: readonly (Connection | undefined)[],
    owner: OverdueOwner,
  ) {
    this.#limits = limits;
    this.#farewells = farewells;
    this.#places = places;
    this.#owner = owner;
  }

  /** Has it closed if it is overdue `now` (by performance.now). */
  judge(connection: Connection, now: number): void {
    if (connection.isCondemned) return;
    if (this.#reason(connection, now) !== null) this.#condemn(connection);
  }

  /** Apart from `judge`, which looks thousands of times a second: a method with a closure in it allocates whenever it is called. */
  #condemn(connection: Connection): void {
    connection.isCondemned = true;
    this.#farewells.add(() => this.#close(connection));
  }

  #reason(connection: Connection, now: number): StreamCounter | null {
    return connection.overdue(now, this.#limits, this.#owner.intake.isHeld(connection));
  }

  #close(connection: Connection): void {
    connection.isCondemned = false;
    if (this.#places[connection.place] !== connection) return;
    // Something may have come while it waited for its turn.
    const reason = this.#reason(connection, performance.now());
    if (reason === null) return;
    this.#owner.countUp(reason);
    if (reason === "lifetime") connection.leave();
    else connection.close();
  }
}
