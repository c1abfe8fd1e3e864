// The log: pino, written asynchronously, so that a slow terminal never delays a probe.
import { type Logger, pino } from "pino";
import { quietLog } from "./quiet-log.ts";

/** What everything below main needs of a log. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** How to log. */
export interface LogOptions {
  /** pino's level names. */
  readonly level: string;
  /** json: one object per line; pretty: one readable line. */
  readonly format: "json" | "pretty";
  /** Where to; 1 is stdout. */
  readonly fd: number;
}

/** A log that can be brought to its end before the process leaves. */
export interface OwnedLog extends Log {
  readonly format: "json" | "pretty";
  /** Says it however often: the access log. Everything else is said at most so often, see quiet-log.ts. */
  record(fields: object, message: string): void;
  /** Writes what is waiting; returns when it is written. */
  flush(): void;
}

const SETTLE_MS = 1000;

/** Opens the log. */
export function openLog(options: LogOptions): OwnedLog {
  const destination = pino.destination({ dest: options.fd, sync: false });
  const stream =
    options.format === "json" ? destination : { write: (line: string) => void destination.write(pretty(line)) };
  const logger: Logger = pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
  const said: Log = {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  };
  const { settle, ...quiet } = quietLog(said, () => performance.now());
  setInterval(settle, SETTLE_MS).unref();
  return {
    ...quiet,
    format: options.format,
    record: said.info,
    flush() {
      settle();
      try {
        destination.flushSync();
      } catch {
        // Not open yet, or the reader went away: there is nobody to tell.
      }
    },
  };
}

const LEVELS: Readonly<Record<number, string>> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
  60: "fatal",
};

/** One line for people: time, level unless info, message, fields as name=value. */
function pretty(line: string): string {
  const record: unknown = JSON.parse(line);
  if (typeof record !== "object" || record === null) return line;
  const { level, time, msg, ...fields } = record as Record<string, unknown>;
  const name = LEVELS[Number(level)] ?? String(level);
  const shown = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const parts = [String(time).slice(11, 23), name === "info" ? "" : name.toUpperCase(), String(msg), shown.join(" ")];
  return `${parts.filter((part) => part !== "").join("  ")}\n`;
}
