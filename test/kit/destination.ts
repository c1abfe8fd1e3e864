// A scripted SIP server: one socket, one way of answering, everything it received.
import type { IncomingCall } from "../../src/ua/incoming-call.ts";
import { cseqOf, headerOf, type ParsedMessage, tagOf } from "../../src/ua/parsed-message.ts";
import type { ResponseFields } from "../../src/ua/response-builder.ts";
import { type ServerTransaction, serverKey } from "../../src/ua/server-transaction.ts";
import { formatPeer, type Peer } from "../../src/ua/transport.ts";
import { type Datagram, UserAgent, type UserAgentOptions } from "../../src/ua/user-agent.ts";
import { until } from "./wait.ts";

/** Answers a request that is outside of every dialog the destination knows. */
export type Script = (transaction: ServerTransaction, destination: Destination) => void;

/** Timers of scripted user agents: those of RFC 3261 but for the longest, so that a busy machine causes few repetitions. */
export const TEST_TIMERS = { t1: 500, t2: 2000, t4: 2000 };

/** A server under a test's control. */
export class Destination {
  /** Every datagram in and out, repetitions included. */
  readonly datagrams: Datagram[] = [];
  /** Calls taken by `take`, in order. */
  readonly calls: IncomingCall[] = [];
  /** Resolves when the socket is bound. */
  readonly opened: Promise<UserAgent>;
  /** What it does with new requests; may be replaced at any time. */
  script: Script;
  /** While true it hears nothing: a black hole. */
  isDeaf = false;
  #options: UserAgentOptions;
  #agent: UserAgent | undefined;

  constructor(script: Script, options: UserAgentOptions = {}) {
    this.script = script;
    this.#options = {
      timers: TEST_TIMERS,
      user: "destination",
      ...options,
      onRequest: (transaction) => this.script(transaction, this),
      onDatagram: (datagram) => this.datagrams.push(datagram),
      hears: (datagram) => !this.isDeaf && options.hears?.(datagram) !== false,
    };
    this.opened = this.#open(this.#options);
  }

  async #open(options: UserAgentOptions): Promise<UserAgent> {
    this.#agent = await UserAgent.open(options);
    return this.#agent;
  }

  get agent(): UserAgent {
    if (this.#agent === undefined) throw new Error("the destination is not open yet: await destination.opened");
    return this.#agent;
  }

  get peer(): Peer {
    return this.agent.local;
  }

  get uri(): string {
    return `sip:${formatPeer(this.peer)}${this.agent.isReliable ? `;transport=${this.agent.transport}` : ""}`;
  }

  /** Requests received, repetitions included, of one method or all. */
  requests(method?: string): ParsedMessage[] {
    return this.#received((message) => message.isRequest && (method === undefined || message.method === method));
  }

  /** Requests received, each once, of one method or all: what a busy machine made the balancer repeat is left out. */
  heard(method?: string): ParsedMessage[] {
    const firsts = new Map<string, ParsedMessage>();
    for (const message of this.requests(method)) {
      const key = `${message.method} ${serverKey(message)}`;
      if (!firsts.has(key)) firsts.set(key, message);
    }
    return [...firsts.values()];
  }

  /** Responses received. */
  responses(): ParsedMessage[] {
    return this.#received((message) => !message.isRequest);
  }

  /** Takes a call over, remembers it in `calls`. */
  take(transaction: ServerTransaction): IncomingCall {
    const call = this.agent.takeCall(transaction);
    this.calls.push(call);
    return call;
  }

  /** The call number `index`, as soon as it has come. */
  call(index = 0): Promise<IncomingCall> {
    return until(`call ${index} at the destination`, () => this.calls[index]);
  }

  /** Waits until so many requests of a method have come, repetitions not counted; the last of them. */
  async hears(method: string, count = 1): Promise<ParsedMessage> {
    await until(`${count} ${method} at the destination`, () => this.heard(method).length >= count);
    return this.heard(method)[count - 1]!;
  }

  /** The socket is gone: from now on the kernel refuses (ICMP port unreachable). */
  async close(): Promise<void> {
    await this.opened;
    await this.agent.close();
  }

  /** Comes back on the same port after `close`. */
  async reopen(): Promise<void> {
    const { port } = this.peer;
    await this.#open({ ...this.#options, port });
  }

  #received(wanted: (message: ParsedMessage) => boolean): ParsedMessage[] {
    return this.datagrams.flatMap(({ direction, message }) =>
      direction === "in" && message !== null && wanted(message) ? [message] : [],
    );
  }
}

/** A destination that answers everything so; a 2xx to INVITE sets the call up. */
export function answering(status: number, fields: ResponseFields = {}): Script {
  return (transaction, destination) => {
    const { request } = transaction;
    if (request.method !== "INVITE" || status >= 300) transaction.respond(status, fields);
    else void destination.take(transaction).answer(fields);
  };
}

/** A destination that rings, and answers a call only when the test says so. */
export function ringing(status = 180): Script {
  return (transaction, destination) => {
    if (transaction.request.method === "INVITE") destination.take(transaction).ring(status);
    else transaction.respond(200);
  };
}

/** A destination that challenges every request without credentials, then goes on with `script`. */
export function challenging(status: 401 | 407, script: Script, nonce = "n1"): Script {
  const [header, answer] =
    status === 401 ? ["WWW-Authenticate", "authorization"] : ["Proxy-Authenticate", "proxy-authorization"];
  return (transaction, destination) => {
    const given = headerOf(transaction.request, answer);
    if (given.includes(`nonce="${nonce}"`)) script(transaction, destination);
    else transaction.respond(status, { headers: [{ name: header, value: `Digest realm="r", nonce="${nonce}"` }] });
  };
}

/** Names what a message is, for comparing what passed: `INVITE 1`, `200 INVITE 1`. */
export function summary(message: ParsedMessage): string {
  const { number, method } = cseqOf(message);
  return message.isRequest ? `${message.method} ${number}` : `${message.status} ${method} ${number}`;
}

/** Whether the message has a To tag. */
export function isInDialog(message: ParsedMessage): boolean {
  return tagOf(message, "to") !== "";
}
