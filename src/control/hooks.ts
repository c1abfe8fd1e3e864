// Hooks: somebody outside is told of events, by a webhook or a program. Each hook is a queue of its own, one event at a time and in
// order, so that "down" never arrives after "up"; what nobody takes costs a bounded amount of memory and holds up nothing else.
import type { HookAction, HookConfig } from "../config/hook-addresses.ts";
import { HOOK_EVENTS } from "../config/sections/hooks.ts";
import { type EventLog, type EventType, eventJson, type RecordedEvent } from "./events.ts";
import { runCommand } from "./hook-command.ts";
import { postEvent } from "./hook-webhook.ts";
import type { Log } from "./log.ts";

/** Events that may wait for a hook. */
export const MOST_WAITING = 256;
/** Before the first further attempt; each next one waits twice as long, up to the longest. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

/** What hooks need. */
export interface HooksOptions {
  /** Those of the configuration in force. */
  readonly hooks: () => readonly HookConfig[];
  readonly log: Log;
  /** Waits for so many milliseconds; rejects when it is all over. */
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** What waits for a hook that is being told of something. */
interface Queue {
  /** Each with what its hook does, as configured when it came. */
  readonly waiting: { readonly action: HookAction; readonly recorded: RecordedEvent }[];
  /** Events that were left out so far. */
  lost: number;
}

/** All hooks of a process. */
export class Hooks {
  readonly #options: HooksOptions;
  /** By what is told: a reload reads the same hook again, and its events stay in order. */
  readonly #queues = new Map<string, Queue>();
  #isOver = false;

  constructor(options: HooksOptions) {
    this.#options = options;
  }

  /** Follows the events from now on; returns how to stop. */
  follow(events: EventLog): () => void {
    const unwatch = events.watch((recorded) => this.#take(recorded));
    return () => {
      this.#isOver = true;
      unwatch();
    };
  }

  #take(recorded: RecordedEvent): void {
    const known: readonly EventType[] = HOOK_EVENTS;
    const { type } = recorded.event;
    if (!known.includes(type)) return;
    for (const hook of this.#options.hooks()) {
      const wanted: readonly EventType[] = hook.on;
      if (wanted.includes(type)) this.#enqueue(hook.action, recorded);
    }
  }

  #enqueue(action: HookAction, recorded: RecordedEvent): void {
    const key = keyOf(action);
    const known = this.#queues.get(key);
    const queue = known ?? { waiting: [], lost: 0 };
    if (queue.waiting.length >= MOST_WAITING) {
      // The newest are the ones that matter.
      queue.waiting.shift();
      if (queue.lost++ === 0)
        this.#options.log.warn({ hook: nameOf(action) }, "a hook is too slow; events are left out");
    }
    queue.waiting.push({ action, recorded });
    if (known !== undefined) return;
    this.#queues.set(key, queue);
    void this.#work(key, queue);
  }

  async #work(key: string, queue: Queue): Promise<void> {
    const { log } = this.#options;
    let name = "";
    for (let next = queue.waiting.shift(); next !== undefined && this.#isWanted(key); next = queue.waiting.shift()) {
      name = nameOf(next.action);
      try {
        await this.#tell(key, next.action, next.recorded);
      } catch (error) {
        log.error({ hook: name, error: String(error) }, "a hook failed");
      }
    }
    this.#queues.delete(key);
    if (queue.lost > 0) log.warn({ hook: name, lost: queue.lost }, "so many events were left out for a slow hook");
  }

  /** Whether it is still configured. */
  #isWanted(key: string): boolean {
    return !this.#isOver && this.#options.hooks().some(({ action }) => keyOf(action) === key);
  }

  async #tell(key: string, action: HookAction, recorded: RecordedEvent): Promise<void> {
    const { log, pause } = this.#options;
    const body = JSON.stringify(eventJson(recorded));
    const retries = action.kind === "webhook" ? action.retries : 0;
    for (let attempt = 0; ; attempt++) {
      const { why, mayRepeat } =
        action.kind === "webhook" ? await postEvent(action, body) : await runCommand(action, recorded, body);
      if (why === "" || !this.#isWanted(key)) return;
      const { type } = recorded.event;
      if (!mayRepeat || attempt >= retries) {
        log.warn({ hook: nameOf(action), type, attempts: attempt + 1, why }, "a hook could not be told");
        return;
      }
      await pause(Math.min(FIRST_PAUSE * 2 ** attempt, LONGEST_PAUSE));
      if (!this.#isWanted(key)) return;
    }
  }
}

/** Two hooks with one address are one reader, who gets all in order. */
function keyOf(action: HookAction): string {
  return action.kind === "command" ? `command\0${action.run.join("\0")}` : `webhook\0${action.url.reveal()}`;
}

/** For the log: not the address, which is a secret. */
function nameOf(action: HookAction): string {
  if (action.kind === "command") return action.run[0] ?? "";
  const url = URL.parse(action.url.reveal());
  return url === null ? "webhook" : `${url.protocol}//${url.host}`;
}
