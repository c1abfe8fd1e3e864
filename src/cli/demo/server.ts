// One of the demo's SIP servers: answers every call, until it is killed.
import type { ServerTransaction } from "../../ua/server-transaction.ts";
import { formatPeer } from "../../ua/transport.ts";
import { UserAgent } from "../../ua/user-agent.ts";

/** How long a slow server takes to answer, in milliseconds. */
export const SLOW = 250;

/** A SIP server that can be killed, revived and slowed down. */
export class DemoServer {
  readonly name: string;
  isSlow = false;
  #agent: UserAgent;
  #isAlive = true;

  private constructor(name: string, agent: UserAgent) {
    this.name = name;
    this.#agent = agent;
  }

  /** Starts a server on a free port. */
  static async start(name: string): Promise<DemoServer> {
    const server: DemoServer = new DemoServer(name, await open(name, 0, (transaction) => server.#answer(transaction)));
    return server;
  }

  /** Whether it answers. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** `sip:127.0.0.1:41234`. */
  get uri(): string {
    return `sip:${formatPeer(this.#agent.local)}`;
  }

  /** Gone at once, with all its calls, as by kill -9. */
  async kill(): Promise<void> {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    await this.#agent.close();
  }

  /** Back on the same port, remembering nothing. */
  async revive(): Promise<void> {
    if (this.#isAlive) return;
    this.#agent = await open(this.name, this.#agent.local.port, (transaction) => this.#answer(transaction));
    this.#isAlive = true;
  }

  #answer(transaction: ServerTransaction): void {
    const { method } = transaction.request;
    if (method === "INVITE") {
      const call = this.#agent.takeCall(transaction);
      call.ring();
      if (this.isSlow) setTimeout(() => void call.answer(), SLOW);
      else void call.answer();
    } else transaction.respond(method === "OPTIONS" ? 200 : 481);
  }
}

function open(user: string, port: number, onRequest: (transaction: ServerTransaction) => void): Promise<UserAgent> {
  return UserAgent.open({ user, port, onRequest });
}
