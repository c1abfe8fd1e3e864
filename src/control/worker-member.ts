// One of the workers, as main sees it: its thread while it has one, and what became of those before.
import type { Worker } from "node:worker_threads";
import { Stillness } from "./stillness.ts";

/** A worker's place, which threads take one after the other. */
export interface Member {
  readonly index: number;
  thread: Worker | null;
  restarts: number;
  /** Deaths that followed each other closely. */
  shortLives: number;
  startedAt: number;
  readonly stillness: Stillness;
  /** Whether it was ready at the last look. */
  wasReady: boolean;
  /** -1: it has not said that it listens, which may come after the word that it is ready. */
  receiveBuffer: number;
  lastFailure: string;
  restart: NodeJS.Timeout | null;
}

/** The place of the worker `index`, before it has had a thread. */
export function newMember(index: number): Member {
  return {
    index,
    thread: null,
    restarts: 0,
    shortLives: 0,
    startedAt: 0,
    stillness: new Stillness(),
    wasReady: false,
    receiveBuffer: -1,
    lastFailure: "",
    restart: null,
  };
}
