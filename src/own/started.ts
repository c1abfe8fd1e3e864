// What a user's module starts and nobody waits for: promises, `import()`, timers. What comes of them comes when nobody looks any more,
// and a rejection then would end the process.
import { createHook } from "node:async_hooks";
import { textOf } from "./thrown.ts";

/** How the names of users' modules begin, in stacks too. */
export const SCHEME = "fairlead-algorithm:";

/** A module wanted to import something. */
export class ImportRefused extends Error {}

/** Texts. */
const MOST_TOLD = 20;
const begun: object[] = [];
let first: Error | null = null;
let isAttending = false;
const hook = createHook({
  init(_id, type, _trigger, resource) {
    if (first === null) {
      const what = type === "PROMISE" ? "a promise" : `something that comes back later (${type})`;
      const error = new Error(`it starts ${what}: nobody waits where a choice is made`);
      if (error.stack?.includes(SCHEME) !== true) return;
      first = error;
    }
    begun.push(resource);
  },
});

/** What `work` returns or throws; an error with its place when a module's code in it has started anything that is to come back later. */
export function attended<T>(work: () => T): T {
  // Whoever looks already has no time limit above it, so that its `finally` is sure to run.
  if (isAttending) return work();
  isAttending = true;
  let error: Error | null = null;
  let result: T;
  hook.enable();
  try {
    result = work();
  } finally {
    hook.disable();
    isAttending = false;
    error = first;
    first = null;
    for (const one of begun.splice(0)) callOff(one);
  }
  if (error !== null) throw error;
  return result;
}

/** While `attended` looks: throws what it will throw, once there is something. Whoever asks many times ends here instead of starting more. */
export function throwWhatBegan(): void {
  if (first !== null) throw first;
}

/** It comes back to nobody. */
function callOff(resource: object): void {
  if (resource instanceof Promise) hush(resource);
  else if (resource.constructor.name === "Timeout") clearTimeout(resource as NodeJS.Timeout);
  else if (resource.constructor.name === "Immediate") clearImmediate(resource as NodeJS.Immediate);
  // Those of `process.nextTick` and `queueMicrotask`, which nothing documented takes back.
  else if ("callback" in resource) resource.callback = ignore;
}

/** Nobody needs to hear of its rejection. */
export function hush(promise: Promise<unknown>): void {
  Promise.prototype.then.call(promise, ignore, ignore);
}

function ignore(): void {}

/**
 * From now on what a module has left behind ends neither the process nor the worker when it fails: a promise that is rejected, a timer
 * that throws. It is told as a warning, each text once. All other failures end them as before (the process with Node's code 7).
 */
export function outliveLeftovers(): void {
  const told = new Set<string>();
  const outlive = (reason: unknown): void => {
    if (!isOfModule(reason)) throw reason;
    const text = textOf(reason);
    if (told.has(text) || told.size >= MOST_TOLD) return;
    told.add(text);
    process.emitWarning(`a user's algorithm has started something that failed later: ${text}`);
  };
  process.on("unhandledRejection", outlive);
  process.on("uncaughtException", outlive);
}

/** Ours are errors only, and come from our own files. */
function isOfModule(reason: unknown): boolean {
  return !(reason instanceof Error) || reason instanceof ImportRefused || textOf(reason, true).includes(SCHEME);
}
