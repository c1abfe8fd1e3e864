// Kamailio's tables of 100 slots. They are shuffled once; which shuffle is chance with Kamailio, and always the same here, so
// that balancers agree and a restart changes nothing.
import { mix32 } from "../core-hash.ts";

/** Slots of a table. */
export const SLOTS = 100;

/** A weight as Kamailio reads it: outside 1 to 100 it is none. */
export function kamailioWeight(weight: number): number {
  return weight <= SLOTS ? weight : 0;
}

/** 0 to 99, shuffled (Fisher-Yates). */
export function shuffledSlots(): Uint16Array {
  const order = Uint16Array.from({ length: SLOTS }, (_, i) => i);
  for (let i = SLOTS - 1; i > 0; i--) {
    const j = mix32(0x4b616d00 + i) % (i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
