// The answers of one connection to keep-alives (RFC 5626 3.5.1).
import type { Carrier } from "./carrier.ts";

/** A line end. */
const PONG = "\r\n";
/** Of the keep-alives that come in one piece, so many are answered, with one write: who sends more wants something else. */
const MOST_PONGS = 64;
const PONGS = Buffer.from(PONG.repeat(MOST_PONGS), "latin1");
/** Pongs of a peer that does not read are not kept. */
const MOST_WAITING = 1024;

/** Keep-alives that have come, and their answers. */
export class Pongs {
  #due = 0;

  /** One has come. */
  note(): void {
    if (this.#due < MOST_PONGS) this.#due++;
  }

  /** Answers those that have come since. */
  sendOver(carrier: Carrier): void {
    const due = this.#due;
    if (due === 0) return;
    this.#due = 0;
    if (carrier.backlog >= MOST_WAITING) return;
    carrier.write(PONGS, 0, due * PONG.length);
    carrier.flush();
  }
}
