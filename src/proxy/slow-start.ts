// The share of whoever starts slowly (health/slow-start.ts): what it does not get yet goes to who would be next.
import type { Context } from "./context.ts";

/**
 * Puts the first of `count` candidates to the front that takes this request. By the message's own `key` where the choice is a
 * function of it, so that one key changes sides once while the share grows; else by chance. When none takes it, the order stays.
 */
export function admitSlowly(c: Context, key: number, isPure: boolean, count: number): void {
  const { candidates, live } = c;
  for (let i = 0; i < count; i++) {
    const slot = candidates[i]!;
    const held = live.heldBack(slot);
    if (held > 0) {
      const chance = isPure ? Math.imul(key ^ Math.imul(slot + 1, 0x9e3779b1), 0x85ebca6b) >>> 24 : live.random() & 255;
      if (chance < held) continue;
    }
    for (let to = i; to > 0; to--) candidates[to] = candidates[to - 1]!;
    candidates[0] = slot;
    return;
  }
}
