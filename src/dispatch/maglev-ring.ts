// A Maglev ring (Eisenbud et al., NSDI 2016, section 3.4): each destination claims places by its own permutation, so that few keys move
// when one comes or goes. Made from URIs, names and weights, never from the order in the file.
import { hashText, mix32 } from "./core-hash.ts";
import type { Destination } from "./types.ts";

/**
 * Places in the ring, a prime. The same for every set of two or more, because a ring of another size would move nearly all
 * keys on the day the set grows past a limit.
 */
const RING = 65_537;

/** The ring, position by place, and behind it how many different positions it holds, less one; weight 0 has no place, all 0 are equal. */
export function compileRing(destinations: readonly Destination[]): Uint16Array {
  if (destinations.length === 0) return new Uint16Array(0);
  const isFlat = destinations.every((destination) => destination.weight === 0);
  const weights = destinations.map((destination) => (isFlat ? 1 : destination.weight));
  const members = membersInRingOrder(destinations).filter((position) => weights[position]! > 0);
  // One member needs one place: a second one takes what it takes from it, whatever the size.
  const ring = members.length === 1 ? Uint16Array.of(members[0]!) : fillRing(destinations, weights, members);
  const table = new Uint16Array(ring.length + 1);
  table.set(ring);
  table[ring.length] = new Set(ring).size - 1;
  return table;
}

/** Positions sorted by identity, so that the order in the file has no say; duplicates stay apart by their slot. */
function membersInRingOrder(destinations: readonly Destination[]): number[] {
  const identities = destinations.map(identityOf);
  return destinations
    .map((_, position) => position)
    .sort((a, b) => {
      const [one, two] = [identities[a]!, identities[b]!];
      return one < two ? -1 : one > two ? 1 : destinations[a]!.slot - destinations[b]!.slot;
    });
}

/** Each member claims its next free preferred place, as often per round as its share of the largest weight says. */
function fillRing(
  destinations: readonly Destination[],
  weights: readonly number[],
  members: readonly number[],
): Uint16Array {
  const largest = members.reduce((max, position) => Math.max(max, weights[position]!), 0);
  const hashes = members.map((position) => hashText(identityOf(destinations[position]!)));
  const skips = hashes.map((hash) => 1 + (mix32(hash ^ 0x27d4eb2f) % (RING - 1)));
  const nexts = hashes.map((hash) => mix32(hash) % RING);
  const credits = new Float64Array(members.length);
  const ring = new Uint16Array(RING);
  const taken = new Uint8Array(RING);
  for (let filled = 0; filled < RING; ) {
    for (let i = 0; i < members.length && filled < RING; i++) {
      credits[i]! += weights[members[i]!]!;
      if (credits[i]! < largest) continue;
      credits[i]! -= largest;
      let place = nexts[i]!;
      while (taken[place] === 1) place = (place + skips[i]!) % RING;
      nexts[i] = (place + skips[i]!) % RING;
      taken[place] = 1;
      ring[place] = members[i]!;
      filled++;
    }
  }
  return ring;
}

function identityOf(destination: Destination): string {
  return `${destination.uri}\n${destination.name}`;
}
