// Whether an address is one of those that the configuration speaks of.

/** An address block: four words and a prefix length of 0 to 128 (IPv4 as ::ffff:0:0/96 plus its own length). */
export interface AddressBlock {
  readonly words: Int32Array;
  readonly prefix: number;
}

/** Whether an address (4 words at `at`) lies in the block `words/prefix`. */
export function inBlock(address: Int32Array, at: number, words: Int32Array, prefix: number): boolean {
  let bits = prefix;
  for (let i = 0; i < 4 && bits > 0; i++, bits -= 32) {
    const mask = bits >= 32 ? -1 : -1 << (32 - bits);
    if (((address[at + i]! ^ words[i]!) & mask) !== 0) return false;
  }
  return true;
}

/** Whether an address (4 words at `at`) lies in any of the blocks. */
export function inBlocks(address: Int32Array, at: number, blocks: readonly AddressBlock[]): boolean {
  for (let i = 0; i < blocks.length; i++) if (inBlock(address, at, blocks[i]!.words, blocks[i]!.prefix)) return true;
  return false;
}
