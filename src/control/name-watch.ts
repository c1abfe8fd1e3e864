// Follows the names of destinations: looks them up again when their answers have grown old, for as long as it runs.
import type { Log } from "./log.ts";
import { firstDue, type Locations } from "./names.ts";

/** Who follows names. */
export interface NameFollower {
  readonly locations: Locations;
  followNames(): Promise<void>;
  watchNames(onLocations: () => void): void;
}

/** Never more often than this, whatever the answers say; milliseconds. */
const SHORTEST = 1_000;
/** Node's timers hold no more. */
const LONGEST = 0x7fffffff;

/** Starts following; returns how to stop. */
export function followNames(control: NameFollower, now: () => number, log: Log): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let isFollowing = false;
  const plan = () => {
    clearTimeout(timer);
    const due = firstDue(control.locations);
    if (isStopped || isFollowing || due === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(follow, Math.min(Math.max(due - now(), SHORTEST), LONGEST));
  };
  const follow = () => {
    isFollowing = true;
    const done = () => {
      isFollowing = false;
      plan();
    };
    control.followNames().then(done, (error: unknown) => {
      log.error({ error: String(error) }, "names could not be followed");
      done();
    });
  };
  control.watchNames(plan);
  plan();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
