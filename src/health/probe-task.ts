// Whom the prober probes, and how far it is with each of them.
import { copyEndpoint, ENDPOINT_WORDS } from "../net/endpoint.ts";
import type { TransportName } from "../net/transport.ts";
import type { Latency } from "./latency.ts";
import type { ProbeRule } from "./probe-mode.ts";
import type { Thresholds } from "./state.ts";

/** How the destinations of a set are probed; times in milliseconds. */
export interface ProbeSettings {
  readonly method: string;
  readonly every: number;
  readonly timeout: number;
  readonly thresholds: Thresholds;
  readonly mode: ProbeRule;
  /** Whether an answer with this status means well. */
  readonly accepts: (status: number) => boolean;
  /** From URI; empty: made from the listener. */
  readonly from: string;
  /** Which share of the smoothed latency the newest round trip has, between 0 and 1. */
  readonly newestShare: number;
}

/** A destination to be probed. */
export interface ProbeDestination {
  readonly slot: number;
  readonly uri: string;
  /** ENDPOINT_WORDS words. */
  readonly endpoint: Int32Array;
  /** Index of the listener it is sent from. */
  readonly listener: number;
  readonly sentBy: string;
  readonly transport: TransportName;
  /** What its latency is taken for in the beginning, in milliseconds; 0: it is not known. */
  readonly presetLatency: number;
  readonly settings: ProbeSettings;
}

/** One destination and its probe under way; times are monotonic milliseconds. */
export interface Task {
  target: ProbeDestination;
  /** When something is to be done: begin a probe, send it again, or give up. */
  due: number;
  /** When the next probe begins. */
  next: number;
  waiting: boolean;
  deadline: number;
  sends: number;
  /** When it was sent for the first time, and for the last. */
  startedAt: number;
  sentAt: number;
  sequence: number;
  check: string;
  bytes: Buffer | null;
  latency: Latency;
}

/** One that begins at `due`. */
export function newTask(target: ProbeDestination, due: number, latency: Latency): Task {
  const endpoint = new Int32Array(ENDPOINT_WORDS);
  copyEndpoint(target.endpoint, 0, endpoint, 0);
  return {
    target: { ...target, endpoint },
    due,
    next: due,
    waiting: false,
    deadline: 0,
    sends: 0,
    startedAt: 0,
    sentAt: 0,
    sequence: 0,
    check: "",
    bytes: null,
    latency,
  };
}
