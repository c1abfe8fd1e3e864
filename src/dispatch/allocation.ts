// Whether choices allocate, read off the heap.

/** Choices in one round: a boxed number for each would be 12,000 bytes at least, and a collection falls into few of the rounds. */
const CHOICES = 1_000;
const ROUNDS = 33;
const BATCHES = 8;
/** Bytes of one round; what reading the heap itself takes is below 300. */
const ALLOCATED = 6_000;

/**
 * What a round of 1,000 choices allocates, in bytes; 0 where they allocate nothing. The middle of many short rounds counts: the collector
 * runs in some of them, the compiler in others. The first batches may be code that is not compiled yet, so the lowest batch counts.
 */
export function allocatedBy(choose: () => void, heapUsed: () => number): number {
  const grown = new Float64Array(ROUNDS);
  let least = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < BATCHES && least >= ALLOCATED; batch++) {
    for (let round = 0; round < ROUNDS; round++) {
      const before = heapUsed();
      for (let i = 0; i < CHOICES; i++) choose();
      grown[round] = heapUsed() - before;
    }
    least = Math.min(least, grown.sort()[ROUNDS >> 1]!);
  }
  return least < ALLOCATED ? 0 : least;
}
