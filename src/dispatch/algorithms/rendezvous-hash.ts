// Every key has its own order of all destinations (Thaler and Ravishankar, IEEE/ACM TON 6(1), 1998), so that nothing but the keys of
// who leaves moves; with a bound on the calls of each (Mirrokni, Thorup and Zadimoghaddam, SODA 2018), so that one loud key drowns nobody.
import { hashText, mix32 } from "../core-hash.ts";
import { mostCallsPerWeight } from "../load-bound.ts";
import { type Algorithm, type Destination, type DispatcherSet, KeySource, type Live } from "../types.ts";

const scores = new Float64Array(65_536);

/**
 * Rendezvous hashing, by weight, with bounded loads; the table holds the hash of each destination's identity, in halves, and at its
 * end 1 where all weights are equal.
 */
export const rendezvousHash: Algorithm = {
  name: "rendezvous-hash",
  summary:
    "Hash of the Call-ID, each key with its own order of all; who has more calls than `load_bound` times its share is passed over.",
  key: KeySource.callId,
  keyElse: KeySource.callId,
  uses: ["weight", "bound"],
  goesBy: "the number of calls, where somebody has too many",
  isPure: false,
  compile(destinations: readonly Destination[]): Uint16Array {
    const halves = destinations.flatMap(({ uri, name }) => {
      const hash = mix32(hashText(`${uri}\n${name}`));
      return [hash >>> 16, hash & 0xffff];
    });
    const isFlat = destinations.every(({ weight }) => weight === destinations[0]?.weight);
    return Uint16Array.from([...halves, isFlat ? 1 : 0]);
  },
  select(set: DispatcherSet, key: number, live: Live, out: Uint16Array): number {
    const { slots, weights, table } = set;
    const room = Math.min(out.length, slots.length);
    if (room === 0) return 0;
    const most = mostCallsPerWeight(set, live);
    const isFlat = table[slots.length * 2] === 1;
    const start = mix32(key);
    let count = 0;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      if (!live.isUsable(slot)) continue;
      const draw = mix32(start ^ ((table[i * 2]! << 16) | table[i * 2 + 1]!));
      // The weighted order: -weight / ln(u) (Schindelhauer and Schomaker, SPAA 2005). 0 stands behind all that have a weight.
      const weight = weights[i]!;
      let score = isFlat ? draw : weight === 0 ? draw - 0x100000000 : -weight / Math.log((draw + 0.5) / 0x100000000);
      if (live.load(slot) >= most * weight) score -= 1e15;
      if (count === room && score <= scores[count - 1]!) continue;
      let at = count === room ? count - 1 : count++;
      for (; at > 0 && scores[at - 1]! < score; at--) {
        scores[at] = scores[at - 1]!;
        out[at] = out[at - 1]!;
      }
      scores[at] = score;
      out[at] = slot;
    }
    return count;
  },
};
