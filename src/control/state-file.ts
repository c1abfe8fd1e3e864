// The file in which states outlive the process. Written beside itself and renamed, so that whoever reads it finds the old one or
// the new one, whole; what cannot be read is told, and does not keep anybody from starting.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { SPEAKERS } from "../health/operator-word.ts";
import type { SavedHealth } from "../health/saved-states.ts";
import { STATE_NAMES } from "../health/state.ts";
import type { Log } from "./log.ts";

const VERSION = 1;
const POLL = 1_000;
/** Far more than states of all slots take. */
const MOST_BYTES = 268_435_456;
const state = z.enum(STATE_NAMES);
// A file of an earlier version does not say it: what a mark had disabled then is an operator's.
const by = z.enum(SPEAKERS).default("operator");
const subject = { set: z.string(), uri: z.string(), name: z.string() };
const figure = z.number().min(0);
const at = z.number();
const score = z.int().min(-2_147_483_648).max(2_147_483_647);
const SAVED = z.object({
  version: z.literal(VERSION),
  destinations: z.array(
    z.object({
      ...subject,
      configured: state,
      state,
      reason: z.string(),
      since: z.number(),
      marked: z.boolean(),
      operator: z.object({ by, state, reason: z.string() }).nullable(),
    }),
  ),
  orders: z.array(z.object({ group: z.string(), name: z.string(), by, state, reason: z.string() })),
  // A file of an earlier version has none of these.
  latencies: z
    .array(
      z.object({
        ...subject,
        at,
        samples: z.int().min(1),
        average: figure,
        estimate: figure,
        squares: figure,
        most: figure,
        timeouts: figure,
      }),
    )
    .default([]),
  scores: z.array(z.object({ ...subject, at, score, configured: score })).default([]),
  pauses: z.array(z.string()).default([]),
});

/** What was saved; null: nothing was, or nobody can read it, and then that is logged. */
export function readStates(file: string, log: Log): SavedHealth | null {
  if (file === "") return null;
  try {
    const about = statSync(file);
    // A pipe would be waited for, and a huge file read whole, before any call is served.
    if (!about.isFile()) throw new Error("it is not a plain file");
    if (about.size > MOST_BYTES) throw new Error(`it is larger than ${MOST_BYTES} bytes`);
    return SAVED.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") log.info({ file }, "no states were saved yet");
    else log.warn({ file, why: whyOf(error) }, "the saved states cannot be read: destinations begin as configured");
    return null;
  }
}

/** Keeps such a file true. */
export class StateFile {
  readonly #states: () => SavedHealth;
  readonly #log: Log;
  #file = "";
  #written = "";
  #isFailing = false;
  #next = 0;

  constructor(states: () => SavedHealth, log: Log) {
    this.#states = states;
    this.#log = log;
  }

  /** Keeps it true, as the configuration in force says; the function that is returned writes it once more and ends that. */
  keep(settings: () => { readonly file: string; readonly every: number }): () => void {
    const look = () => this.poll(settings().file, settings().every, performance.now());
    look();
    const timer = setInterval(look, POLL);
    return () => {
      clearInterval(timer);
      this.write();
    };
  }

  /** Called about once a second with what the configuration in force says; `now` is monotonic milliseconds. */
  poll(file: string, every: number, now: number): void {
    if (file !== this.#file) {
      this.#file = file;
      this.#written = "";
      this.#next = now + every;
      return;
    }
    if (file === "" || now < this.#next) return;
    this.#next = now + every;
    this.write();
  }

  /** Writes it if anything is different from what was written last. Never throws: what fails is logged, once. */
  write(): void {
    if (this.#file === "") return;
    const text = `${JSON.stringify({ version: VERSION, ...this.#states() })}\n`;
    if (text === this.#written) return;
    const draft = `${this.#file}.new`;
    try {
      // One that was left behind goes; what somebody else has put there, a link perhaps, is not written through.
      rmSync(draft, { force: true });
      const descriptor = openSync(draft, "wx", 0o600);
      try {
        // All of it, or it throws: a single write may stop in the middle where the disk is nearly full.
        writeFileSync(descriptor, text);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(draft, this.#file);
      this.#written = text;
      this.#isFailing = false;
    } catch (error) {
      rmSync(draft, { force: true });
      if (!this.#isFailing) this.#log.error({ file: this.#file, why: whyOf(error) }, "states cannot be saved");
      this.#isFailing = true;
    }
  }
}

function whyOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    return `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not as it was written"}`;
  }
  return error instanceof Error ? error.message : String(error);
}
