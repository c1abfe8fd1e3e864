// What a worker tells main of a failure that marks its destination, besides the destination and the status.

/** Word offsets in a record's `local`. */
export const MarkWord = {
  /** When the request was sent: milliseconds of a clock that all threads share and that wraps. */
  sent: 0,
  /** 1: it is to stay out until somebody enables it. */
  forGood: 1,
  /** How many of them in a row it takes. */
  after: 2,
} as const;

/** The same, as main looks at it. */
export interface MarkedFailure {
  /** What it answered; 0: nothing. */
  readonly status: number;
  readonly sent: number;
  readonly isForGood: boolean;
  readonly after: number;
}
