// Where the records of workers go: answers of probes to health, texts to the log, access-log records to the access log.
import type { MarkedFailure } from "../bridge/mark-word.ts";
import type { Prober } from "../health/prober.ts";
import type { Log } from "./log.ts";
import type { RecordSink } from "./main-rings.ts";

type Level = "debug" | "info" | "warn" | "error";
const LEVELS: readonly string[] = ["debug", "info", "warn", "error"];

/** What of health takes records. */
export interface SinkHealth {
  readonly prober: Prober;
  readonly rested: (slot: number, time: number) => void;
  readonly marked: (slot: number, failure: MarkedFailure) => void;
}

/** The sink of a process. */
export function workerSink(
  { prober, rested, marked }: SinkHealth,
  log: Log,
  accessLog: (line: string) => void,
): RecordSink {
  return {
    probeAnswer: (bytes, start, end, peer) => void prober.answered(bytes, start, end, peer, 0),
    probeUnreachable: (bytes, start, end, peer) => prober.unreachable(bytes, start, end, peer, 0),
    accessLog: (_worker, bytes, start, end) => accessLog(bytes.toString("utf8", start, end)),
    resting: (slot, time) => rested(slot, time),
    marked: (slot, failure) => marked(slot, failure),
    log: (worker, text) => logText(log, worker, text),
  };
}

/** A log record is JSON {level, message, ...}; what is not is logged as it is. */
function logText(log: Log, worker: number, text: string): void {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    record = null;
  }
  if (typeof record !== "object" || record === null) {
    log.warn({ worker }, text);
    return;
  }
  const { level, message, ...fields } = record as Record<string, unknown>;
  const name: Level = typeof level === "string" && LEVELS.includes(level) ? (level as Level) : "info";
  log[name]({ worker, ...fields }, typeof message === "string" ? message : "a worker says");
}
