// The terminal during the demo: a page of its own, keys one by one, and everything as it was afterwards.

const ENTER = "\u001b[?1049h\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const CLEAR_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";

/** A screen that is drawn over and over. */
export class DemoTerminal {
  readonly #onData: (text: string) => void;

  /** Takes the terminal; `onKey` gets each character typed. */
  constructor(onKey: (key: string) => void) {
    this.#onData = (text) => {
      for (const key of text) onKey(key);
    };
    process.stdout.write(ENTER);
    if (process.stdin.isTTY) process.stdin.setRawMode(true);
    process.stdin.setEncoding("utf8").on("data", this.#onData).resume();
  }

  /** Shows this text, over what was there. */
  draw(text: string): void {
    const width = process.stdout.columns;
    // A line that wraps would push the page up; lines with colour are short enough.
    const lines = text.split("\n").map((line) => (line.includes("\u001b") ? line : line.slice(0, width)));
    process.stdout.write(`${HOME}${lines.join(`${CLEAR_LINE}\n`)}${CLEAR_BELOW}`);
  }

  /** Gives the terminal back. */
  close(): void {
    process.stdin.off("data", this.#onData).pause();
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdout.write(LEAVE);
  }
}
