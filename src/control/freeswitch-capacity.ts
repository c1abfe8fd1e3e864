// How many calls a FreeSWITCH has room for, and which share it should have of them, by what its heartbeat says (OpenSIPS's load_balancer
// and dispatcher do the same sums).

/** What a heartbeat says. */
export interface Heartbeat {
  /** Most sessions at a time. */
  readonly maxSessions: number;
  /** Sessions of everybody, ours included. */
  readonly sessions: number;
  /** Idle time of its processors, 0 to 100 percent. */
  readonly idle: number;
}

/** What there is before the first heartbeat: OpenSIPS's `initial_freeswitch_load`. */
export const UNTOLD_CAPACITY = 1000;

const WHOLE = /^\d{1,9}$/;
const PERCENT = /^\d{1,3}(\.\d{1,9})?$/;

/** A heartbeat by its headers, names in lower case; null: something is missing, or is no such number. */
export function readHeartbeat(headers: ReadonlyMap<string, string>): Heartbeat | null {
  const [most, now, idle] = ["max-sessions", "session-count", "idle-cpu"].map((name) => headers.get(name) ?? "");
  if (!WHOLE.test(most ?? "") || !WHOLE.test(now ?? "") || !PERCENT.test(idle ?? "") || Number(idle) > 100) return null;
  return { maxSessions: Number(most), sessions: Number(now), idle: Number(idle) };
}

/**
 * Calls that it can have of us, those that it has (`own`) included: what sessions of others leave of its most, times its idle share;
 * where we alone have as many as its most, that times its idle share. A whole number, never below 0: sessions that it does not
 * count yet are nobody else's (OpenSIPS's number wraps there).
 */
export function capacityOf({ maxSessions, sessions, idle }: Heartbeat, own: number): number {
  const others = own < maxSessions ? Math.max(0, sessions - own) : 0;
  return Math.max(0, Math.trunc((idle * (maxSessions - others)) / 100));
}

/** Its weight, 0 to `most`: the free share of its sessions, times the idle share of its processors; rounded. */
export function weightOf({ maxSessions, sessions, idle }: Heartbeat, most: number): number {
  const free = maxSessions === 0 ? 0 : Math.max(0, 1 - sessions / maxSessions);
  return Math.round((most * free * idle) / 100);
}
