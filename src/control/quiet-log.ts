// A log that does not flood: what happens a thousand times a second is said ten times, and then how often it was not said.

/** Lines of one kind per second. */
export const MOST_PER_SECOND = 10;
const SECOND = 1000;
/** Messages that are told apart; beyond them those of a level count as one kind. */
const MOST_KINDS = 256;

type Say = (fields: object, message: string) => void;

/** What lines are said by: a log. */
export interface Lines {
  readonly debug: Say;
  readonly info: Say;
  readonly warn: Say;
  readonly error: Say;
}

type Level = keyof Lines;

interface Kind {
  readonly level: Level;
  readonly message: string;
  since: number;
  said: number;
  unsaid: number;
}

/** Says things at most so often. A kind is a level with a message; fields may differ. */
export interface QuietLog extends Lines {
  /** Says what has not been said; to be called once a second, and before the end. */
  settle(): void;
}

/** Wraps a log. `now` is milliseconds that never go back. */
export function quietLog(log: Lines, now: () => number): QuietLog {
  const kinds = new Map<string, Kind>();
  const tell = (kind: Kind): void => {
    const { level, message, unsaid } = kind;
    kind.unsaid = 0;
    if (unsaid > 0) log[level]({ suppressed: unsaid }, `${message} (suppressed ${unsaid} more)`);
  };
  const kindOf = (level: Level, message: string): Kind => {
    const own = `${level} ${message}`;
    const isKnown = kinds.has(own) || kinds.size < MOST_KINDS;
    const key = isKnown ? own : level;
    const kind = kinds.get(key) ?? { level, message: isKnown ? message : "others", since: now(), said: 0, unsaid: 0 };
    kinds.set(key, kind);
    return kind;
  };
  const say = (level: Level, fields: object, message: string): void => {
    const kind = kindOf(level, message);
    if (now() - kind.since >= SECOND) {
      tell(kind);
      kind.since = now();
      kind.said = 0;
    }
    if (kind.said++ < MOST_PER_SECOND) log[level](fields, message);
    else kind.unsaid++;
  };
  return {
    debug: (fields, message) => say("debug", fields, message),
    info: (fields, message) => say("info", fields, message),
    warn: (fields, message) => say("warn", fields, message),
    error: (fields, message) => say("error", fields, message),
    settle() {
      for (const [key, kind] of kinds) {
        tell(kind);
        if (now() - kind.since >= SECOND) kinds.delete(key);
      }
    },
  };
}
