// What became of telling somebody.

/** How an attempt ended; `why` is empty when it went well. */
export interface Attempt {
  readonly why: string;
  /** Another one may go better. */
  readonly mayRepeat: boolean;
}
