// The round trip of a destination, as it is lately and as it usually is: Kamailio's estimator.

/** Share of the newest sample where nothing else is configured (Kamailio: ds_latency_estimator_alpha 100). */
export const USUAL_NEWEST_SHARE = 0.1;
/** Samples from which on the estimate is no longer the average. */
const SETTLED = 10;
/** Samples that count as a long time; who is this steady before has had it. */
const TRAINED = 10_000;
/** Milliseconds of standard deviation below which it is steady. */
const STEADY = 0.5;
/** More samples are not counted, so that none weighs less than one of so many. */
const MOST = 2 ** 21;

/** All that is known of one destination's round trips, as plain data; milliseconds. */
export interface LatencyFigures {
  /** When the last one was measured, milliseconds since 1970; 0: none was. */
  readonly at: number;
  readonly samples: number;
  readonly average: number;
  readonly estimate: number;
  /** Sum of the squared distances from the average. */
  readonly squares: number;
  readonly most: number;
  readonly timeouts: number;
}

/** One destination's estimate, in milliseconds. */
export class Latency {
  /** When the last round trip was measured, milliseconds since 1970; 0: none was. Whoever adds one says so. */
  measuredAt = 0;
  #samples = 0;
  #average: number;
  #estimate: number;
  /** Sum of the squared distances from the average (Welford). */
  #squares = 0;
  #most: number;
  #timeouts = 0;

  /**
   * It begins with what was found out before, in microseconds (0: nothing was). `isPreset`: that is what it usually is, as if it had been
   * measured for a long time (Kamailio's attribute `latency`).
   */
  constructor(micros = 0, usualMicros = micros, isPreset = false) {
    if (micros > 0) this.#samples = isPreset ? TRAINED : SETTLED;
    this.#average = usualMicros / 1000;
    this.#estimate = micros / 1000;
    this.#most = Math.max(micros, usualMicros) / 1000;
  }

  /** One that goes on with what another has found out. */
  static of({ at, samples, average, estimate, squares, most, timeouts }: LatencyFigures): Latency {
    const latency = new Latency();
    latency.measuredAt = at;
    latency.#samples = Math.min(samples, MOST);
    latency.#average = average;
    latency.#estimate = estimate;
    latency.#squares = squares;
    latency.#most = most;
    latency.#timeouts = timeouts;
    return latency;
  }

  /** For `of`. */
  get figures(): LatencyFigures {
    return {
      at: this.measuredAt,
      samples: this.#samples,
      average: this.#average,
      estimate: this.#estimate,
      squares: Math.max(0, this.#squares),
      most: this.#most,
      timeouts: this.#timeouts,
    };
  }

  /** As it is lately, in microseconds; at least 1, because 0 means unknown. */
  get micros(): number {
    return Math.max(1, Math.round(this.#estimate * 1000));
  }

  /** As it is on average, in microseconds. */
  get usualMicros(): number {
    return Math.round(this.#average * 1000);
  }

  /** Standard deviation from the average of a long time, in milliseconds; 0 before the second sample. */
  get deviation(): number {
    return this.#samples > 1 ? Math.sqrt(Math.max(0, this.#squares) / (this.#samples - 1)) : 0;
  }

  /** The longest one, in milliseconds. */
  get most(): number {
    return this.#most;
  }

  /** How many never came back. */
  get timeouts(): number {
    return this.#timeouts;
  }

  /** One more has not come back: that says nothing about how long others take. */
  addTimeout(): void {
    this.#timeouts++;
  }

  /** Takes a round trip in milliseconds, of which the estimate takes `newestShare` (between 0 and 1). */
  add(milliseconds: number, newestShare: number): void {
    if (this.#samples < MOST) this.#samples++;
    else this.#squares -= this.#squares / this.#samples;
    this.#most = Math.max(this.#most, milliseconds);
    const distance = milliseconds - this.#average;
    this.#average += distance / this.#samples;
    this.#squares += distance * (milliseconds - this.#average);
    this.#estimate =
      this.#samples < SETTLED ? this.#average : milliseconds * newestShare + this.#estimate * (1 - newestShare);
    if (this.#samples > SETTLED && this.#samples < TRAINED && this.deviation < STEADY) this.#samples = TRAINED;
  }
}
