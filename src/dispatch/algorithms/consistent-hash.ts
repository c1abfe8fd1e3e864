// Calls keep their destination when others come and go: a Maglev ring (Eisenbud et al., NSDI 2016, section 3.4).
import { mix32 } from "../core-hash.ts";
import { type Algorithm, type Destination, type DispatcherSet, KeySource, type Live } from "../types.ts";

/**
 * Places in the ring, a prime. The same for every set of two or more, because a ring of another size would move nearly all
 * keys on the day the set grows past a limit.
 */
const RING = 65_537;

/** Which positions one `select` has met: the number of that call, by position. */
const met = new Uint32Array(65_536);
let calls = 0;

/** Hash of the Call-ID on a weighted ring. The ring depends on URIs, names and weights, never on the order in the file. */
export const consistentHash: Algorithm = {
  name: "consistent-hash",
  summary: "Hash of the Call-ID on a weighted ring: few calls move when a destination comes or goes.",
  key: KeySource.callId,
  keyElse: KeySource.callId,
  uses: ["weight"],
  isPure: true,
  compile: compileRing,
  select(set: DispatcherSet, key: number, live: Live, out: Uint16Array): number {
    const { slots, table } = set;
    const places = table.length - 1;
    if (places < 1 || out.length === 0) return 0;
    calls = (calls + 1) >>> 0;
    // Once in 2^32 calls: old marks must not be taken for new ones.
    if (calls === 0) met.fill(calls++);
    let unmet = table[places]! + 1;
    let count = 0;
    let place = mix32(key) % places;
    for (let i = 0; i < places && unmet > 0 && count < out.length; i++) {
      const position = table[place]!;
      if (++place === places) place = 0;
      if (met[position] === calls) continue;
      met[position] = calls;
      unmet--;
      const slot = slots[position]!;
      if (live.isUsable(slot)) out[count++] = slot;
    }
    // Weight 0 has no place in the ring; it is the last resort.
    for (let position = 0; position < slots.length && count < out.length; position++) {
      if (met[position] !== calls && live.isUsable(slots[position]!)) out[count++] = slots[position]!;
    }
    return count;
  },
};

/** The ring, position by place, and behind it how many different positions it holds, less one. */
function compileRing(destinations: readonly Destination[]): Uint16Array {
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

/** FNV-1a over UTF-16 units, 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
