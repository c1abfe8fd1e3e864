// Damage of every kind that has brought SIP programs down: single bytes, wrong words at the right places, right lines at the
// wrong places, numbers at their limits, fields that grow, messages that run into each other.
import type { Chance } from "./chance.ts";
import { LINES, NAMES, NUMBERS, PIECES } from "./dictionary.ts";
import type { Draft } from "./draft.ts";

const CR = 13;
const MAX_LINES = 64;
/** Once in so many mutations something grows until it fills a datagram. */
const FULL = 64;

/** Damages messages. `foreign` gives another message to take pieces from. */
export class Mutator {
  readonly #chance: Chance;
  readonly #foreign: () => Uint8Array;
  /** Starts of the header lines, and where the last one ends. */
  readonly #lines: Int32Array = new Int32Array(MAX_LINES + 1);
  #lineCount = 0;

  constructor(chance: Chance, foreign: () => Uint8Array) {
    this.#chance = chance;
    this.#foreign = foreign;
  }

  /** Damages the draft `times` times. */
  damage(draft: Draft, times: number): void {
    for (let i = 0; i < times && draft.length > 0; i++) this.#once(draft);
  }

  #once(draft: Draft): void {
    const chance = this.#chance;
    const { bytes } = draft;
    const at = chance.below(draft.length);
    switch (chance.below(18)) {
      case 0:
        bytes[at] = bytes[at]! ^ (1 << chance.below(8));
        return;
      case 1:
        bytes[at] = chance.below(256);
        return;
      case 2:
      case 3:
        draft.splice(at, 0, chance.pick(PIECES));
        return;
      case 4:
        draft.splice(at, 1, chance.pick(PIECES));
        return;
      case 5:
        draft.splice(at, 1 + chance.below(chance.once(8) ? 400 : 12), "");
        return;
      case 6:
        draft.splice(chance.below(draft.length), 0, draft.copy(at, at + 1 + chance.below(60)));
        return;
      case 7:
        if (chance.once(4)) draft.length = at;
        else draft.splice(draft.length, 0, chance.once(2) ? "\r\n" : this.#foreign());
        return;
      case 8:
      case 9:
        this.#number(draft, at);
        return;
      case 10:
        this.#grow(draft, at);
        return;
      case 11: {
        const foreign = this.#foreign();
        const from = chance.below(foreign.length);
        draft.splice(at, chance.below(40), foreign.subarray(from, from + 1 + chance.below(200)));
        return;
      }
      default:
        this.#line(draft);
    }
  }

  /** Another number in place of the next one. */
  #number(draft: Draft, from: number): void {
    const { bytes, length } = draft;
    let at = from;
    while (at < length && (bytes[at]! < 0x30 || bytes[at]! > 0x39)) at++;
    let end = at;
    while (end < length && bytes[end]! >= 0x30 && bytes[end]! <= 0x39) end++;
    draft.splice(at, end - at, this.#chance.pick(NUMBERS));
  }

  /** Repeats what stands at a place, mostly a little, sometimes until the datagram is full. */
  #grow(draft: Draft, at: number): void {
    const chance = this.#chance;
    const unit = draft.copy(at, at + 1 + chance.below(chance.once(2) ? 1 : 24)).toString("latin1");
    const size = chance.once(FULL) ? 65_000 : chance.once(8) ? 3000 : 300;
    draft.splice(at, 0, unit.repeat(Math.ceil(size / unit.length)));
  }

  /** Whole lines: added, taken away, doubled, exchanged, renamed, folded, otherwise filled. */
  #line(draft: Draft): void {
    const chance = this.#chance;
    this.#findLines(draft);
    const i = chance.below(this.#lineCount);
    const start = this.#lines[i]!;
    const end = this.#lines[i + 1]!;
    if (this.#lineCount === 0 || end <= start) return;
    const other = this.#lines[chance.below(this.#lineCount + 1)]!;
    const colon = draft.bytes.indexOf(0x3a, start);
    switch (chance.below(9)) {
      case 0:
      case 1:
        draft.splice(start, 0, `${chance.pick(LINES)}\r\n`);
        return;
      case 2:
        draft.splice(start, end - start, "");
        return;
      case 3:
        draft.splice(other, 0, draft.copy(start, end));
        return;
      case 4: {
        const line = draft.copy(start, end);
        draft.splice(start, end - start, "");
        draft.splice(other > start ? Math.max(other - line.length, start) : other, 0, line);
        return;
      }
      case 5:
        if (colon > start && colon < end) draft.splice(start, colon - start, chance.pick(NAMES));
        return;
      case 6: {
        const line = chance.pick(LINES);
        const value = line.slice(line.indexOf(":") + 1);
        if (colon > start && colon < end - 2) draft.splice(colon + 1, end - 2 - colon - 1, value);
        return;
      }
      case 7:
        draft.splice(start + chance.below(end - start), 0, chance.pick(["\r\n ", "\r\n\t", " ", "\t", "\r\n  \r\n "]));
        return;
      default: {
        const twice = chance.once(40) ? 1500 : 2 + chance.below(40);
        const line = draft.copy(start, end).toString("latin1");
        draft.splice(start, 0, line.repeat(Math.min(twice, Math.floor(60_000 / line.length))));
      }
    }
  }

  #findLines(draft: Draft): void {
    const { bytes, length } = draft;
    this.#lineCount = 0;
    let at = bytes.indexOf(CR, 0);
    while (at >= 0 && at + 3 < length && this.#lineCount < MAX_LINES) {
      at += 2;
      this.#lines[this.#lineCount++] = at;
      at = bytes.indexOf(CR, at);
      this.#lines[this.#lineCount] = at < 0 ? length : Math.min(at + 2, length);
      if (bytes[this.#lines[this.#lineCount]!] === CR) break;
    }
  }
}
