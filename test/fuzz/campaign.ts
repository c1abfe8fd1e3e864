// Episode after episode, with what has to hold for all of them together.
import { settings } from "./configurations.ts";
import { readCorpus } from "./corpus.ts";
import { type Failure, type Run, runEpisode } from "./episode.ts";
import { Stopwatch } from "./stopwatch.ts";

/** Slow messages of one episode that are told. */
const TOLD = 3;

/** Runs episodes of one seed. */
export class Campaign {
  readonly run: Run;
  /** Datagrams handled. */
  done = 0;

  /** `limit` is the processor time in milliseconds that a message may take. */
  static async create(seed: number, limit: number): Promise<Campaign> {
    const stopwatch = new Stopwatch(limit);
    return new Campaign({ seed, settings: await settings(), corpus: readCorpus(), stopwatch });
  }

  private constructor(run: Run) {
    this.run = run;
  }

  /** Runs an episode; returns what is wrong, in sentences. */
  async episode(number: number, messages: number): Promise<readonly string[]> {
    const { stopwatch, seed } = this.run;
    const failure = runEpisode(this.run, number, messages);
    this.done += messages;
    if (failure !== null) return [describe(failure, seed)];
    const slow = await stopwatch.settle();
    if (slow.length === 0) return [];
    // The machine may have its moments: slow is what is slow when the very same datagrams come again.
    runEpisode(this.run, number, messages);
    const again = await stopwatch.settle();
    return again
      .filter(({ message }) => slow.some((first) => first.message === message))
      .slice(0, TOLD)
      .map(({ message, cpu }) => `episode ${number}, message ${message} of seed ${seed} took ${cpu.toFixed(1)} ms`);
  }
}

function describe({ episode, setting, message, what, hex }: Failure, seed: number): string {
  return (
    `${what}\n  configuration "${setting}", episode ${episode}, message ${message}\n  datagram: ${hex}\n` +
    `  again: sh tools/with-node test/fuzz/run.ts --seed ${seed} --episode ${episode}`
  );
}
