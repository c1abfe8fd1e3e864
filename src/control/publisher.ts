// What the control plane asks of the threads that it publishes to.
import type { Snapshot } from "../bridge/snapshot.ts";
import type { TlsState } from "../bridge/tls-state.ts";

/** Whoever brings snapshots to the workers. */
export interface Publisher {
  publish(snapshot: Snapshot): void;
  /** Puts a TLS state into force; resolves with what went wrong, or "". */
  secure(tls: TlsState): Promise<string>;
  /** Waits; returns the workers that did not adopt `generation` within `patience` ms. */
  adopted(generation: number, patience: number): Promise<number[]>;
  /** The oldest generation that any worker works with. */
  oldestAdopted(): number;
}
