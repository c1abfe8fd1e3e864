// The user of a request URI translated by a route, byte by byte.
import { matchGroups, notes, type Translation } from "../dispatch/translation.ts";
import { copyBytes } from "../sip/write.ts";

/** A translation whose texts are bytes. */
export interface WorkerTranslation {
  readonly pattern: Translation;
  readonly texts: readonly Uint8Array[];
}

/** Spells a translation out. */
export function spellOutTranslation(pattern: Translation): WorkerTranslation {
  return { pattern, texts: pattern.texts.map((text) => Buffer.from(text, "latin1")) };
}

/** Longest user that is translated: trying patterns takes steps times bytes, and no number is half as long. */
const LONGEST_USER = 255;
/** Longest user that is written. */
const MOST = 1_024;

/** What `translate` wrote: the first `length` bytes. */
export const translated = { bytes: Buffer.alloc(MOST), length: 0 };

/** Writes what `bytes[start..end)` becomes by the first translation that matches; false when none does, or it is too long. */
export function translate(all: readonly WorkerTranslation[], bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > LONGEST_USER) return false;
  for (let i = 0; i < all.length; i++) {
    const { pattern, texts } = all[i]!;
    if (!matchGroups(pattern, bytes, start, end)) continue;
    translated.length = 0;
    for (let part = 0; part < texts.length; part++) {
      put(texts[part]!, 0, texts[part]!.length);
      if (part === texts.length - 1) break;
      const group = pattern.groups[part]! * 2;
      if (notes[group]! >= 0) put(bytes, notes[group]!, notes[group + 1]!);
    }
    return true;
  }
  return false;
}

function put(bytes: Uint8Array, start: number, end: number): void {
  const { length } = translated;
  translated.length = copyBytes(bytes, start, Math.min(end, start + MOST - length), translated.bytes, length);
}
