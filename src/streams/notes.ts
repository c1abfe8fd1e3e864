// What the stream worker has to say to the operator, through main's log: the same thing at most once a minute.

/** A line for the log. */
export interface Note {
  readonly fields: Readonly<Record<string, string | number>>;
  readonly what: string;
}

const AGAIN = 60_000;
/** Different things that are remembered as said; beyond, nothing new is said until the minute is over. */
const MOST = 256;

/** Says things, but not again and again. */
export class Notes {
  readonly #say: (note: Note) => void;
  readonly #now: () => number;
  readonly #said = new Map<string, number>();

  /** `now` in milliseconds. */
  constructor(say: (note: Note) => void, now: () => number) {
    this.#say = say;
    this.#now = now;
  }

  /** Says it, unless something with this key was said within the last minute. */
  tell(key: string, note: Note): void {
    const now = this.#now();
    const last = this.#said.get(key);
    if (last !== undefined && now - last < AGAIN) return;
    if (last === undefined && this.#said.size >= MOST) {
      for (const [old, at] of this.#said) if (now - at >= AGAIN) this.#said.delete(old);
      if (this.#said.size >= MOST) return;
    }
    this.#said.set(key, now);
    this.#say(note);
  }
}
