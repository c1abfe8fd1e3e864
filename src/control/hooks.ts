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

interface Queue {
  readonly waiting: RecordedEvent[];
  isBusy: boolean;
  lost: number;
}

/** All hooks of a process. */
export class Hooks {
  readonly #options: HooksOptions;
  readonly #queues = new WeakMap<HookConfig, Queue>();
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
      if (wanted.includes(type)) this.#enqueue(hook, recorded);
    }
  }

  #enqueue(hook: HookConfig, recorded: RecordedEvent): void {
    const queue = this.#queues.get(hook) ?? { waiting: [], isBusy: false, lost: 0 };
    this.#queues.set(hook, queue);
    if (queue.waiting.length >= MOST_WAITING) {
      // The newest are the ones that matter.
      queue.waiting.shift();
      queue.lost++;
      this.#options.log.warn(
        { hook: nameOf(hook.action), lost: queue.lost },
        "a hook is too slow; events were left out",
      );
    }
    queue.waiting.push(recorded);
    if (!queue.isBusy) void this.#work(hook, queue);
  }

  async #work(hook: HookConfig, queue: Queue): Promise<void> {
    queue.isBusy = true;
    for (let next = queue.waiting.shift(); next !== undefined && !this.#isOver; next = queue.waiting.shift()) {
      try {
        await this.#tell(hook.action, next);
      } catch (error) {
        this.#options.log.error({ hook: nameOf(hook.action), error: String(error) }, "a hook failed");
      }
    }
    queue.isBusy = false;
  }

  async #tell(action: HookAction, recorded: RecordedEvent): Promise<void> {
    const { log, pause } = this.#options;
    const body = JSON.stringify(eventJson(recorded));
    const retries = action.kind === "webhook" ? action.retries : 0;
    for (let attempt = 0; ; attempt++) {
      const { why, mayRepeat } =
        action.kind === "webhook" ? await postEvent(action, body) : await runCommand(action, recorded, body);
      if (why === "" || this.#isOver) return;
      const { type } = recorded.event;
      if (!mayRepeat || attempt >= retries) {
        log.warn({ hook: nameOf(action), type, attempts: attempt + 1, why }, "a hook could not be told");
        return;
      }
      await pause(Math.min(FIRST_PAUSE * 2 ** attempt, LONGEST_PAUSE));
    }
  }
}

/** For the log: not the address, which is a secret. */
function nameOf(action: HookAction): string {
  if (action.kind === "command") return action.run[0] ?? "";
  const url = URL.parse(action.url.reveal());
  return url === null ? "webhook" : `${url.protocol}//${url.host}`;
}
