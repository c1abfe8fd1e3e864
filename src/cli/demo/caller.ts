// The demo's caller: starts calls at a steady rate, talks a little, hangs up, and keeps the score.
import type { Peer } from "../../ua/transport.ts";
import { UserAgent } from "../../ua/user-agent.ts";
import { Latencies } from "./latencies.ts";

/** How long people talk in the demo, in milliseconds: at least, and at most this much more. */
const TALK = { least: 200, more: 1800 };

/** What became of the calls to one server. */
export interface ServerScore {
  /** Calls that it answered. */
  answered: number;
  /** From INVITE to 200, in milliseconds. */
  readonly setup: Latencies;
}

/** Calls at a rate. */
export class Caller {
  /** Calls per second; may be changed at any time. */
  rate: number;
  started = 0;
  answered = 0;
  /** Refused, or without any answer. */
  failed = 0;
  /** Answered calls whose BYE nobody confirmed: their server died while they talked. */
  cutOff = 0;
  /** Calls in any state. */
  open = 0;
  readonly setup = new Latencies();
  /** By the user part of the Contact that answered. */
  readonly servers = new Map<string, ServerScore>();
  /** Statuses of refused calls, and how often; 0: no answer. */
  readonly refusals = new Map<number, number>();
  readonly #agent: UserAgent;
  readonly #timer: NodeJS.Timeout;
  #owed = 0;
  #last: number;
  #isStopped = false;

  private constructor(agent: UserAgent, rate: number) {
    this.#agent = agent;
    this.rate = rate;
    this.#last = performance.now();
    this.#timer = setInterval(() => this.#startDue(), 10);
  }

  /** Starts to call through `proxy`. */
  static async start(proxy: Peer, rate: number): Promise<Caller> {
    return new Caller(await UserAgent.open({ user: "caller", proxy }), rate);
  }

  /** Starts no more calls; those that are open go on. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  /** Ends it, with the calls that are left. */
  async close(): Promise<void> {
    this.stop();
    await this.#agent.close();
  }

  #startDue(): void {
    const now = performance.now();
    // After a pause (a laptop that slept) the missed calls are not made up for.
    this.#owed = Math.min(this.#owed + ((now - this.#last) * this.rate) / 1000, Math.max(1, this.rate / 10));
    this.#last = now;
    for (; this.#owed >= 1; this.#owed--) void this.#call();
  }

  async #call(): Promise<void> {
    const begin = performance.now();
    this.started++;
    this.open++;
    const call = this.#agent.invite("sip:service@example.com");
    const status = await call.final;
    if (status >= 200 && status < 300) {
      this.#score(call.session?.dialog.remoteTarget ?? "", performance.now() - begin);
      await this.#talk();
      const end = await call.session?.bye();
      if (end?.status !== 200) this.cutOff++;
    } else {
      this.failed++;
      this.refusals.set(status, (this.refusals.get(status) ?? 0) + 1);
    }
    this.open--;
  }

  /** Waits until the call is to be hung up; when the demo ends, that is soon. */
  #talk(): Promise<void> {
    const end = performance.now() + TALK.least + Math.random() * TALK.more;
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.#isStopped || performance.now() >= end) resolve();
        else setTimeout(look, 100);
      };
      look();
    });
  }

  #score(contact: string, milliseconds: number): void {
    this.answered++;
    this.setup.add(milliseconds);
    const name = /^sip:([^@]+)@/.exec(contact)?.[1] ?? contact;
    let score = this.servers.get(name);
    if (score === undefined) {
      score = { answered: 0, setup: new Latencies() };
      this.servers.set(name, score);
    }
    score.answered++;
    score.setup.add(milliseconds);
  }
}
