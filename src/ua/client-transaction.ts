// A client transaction: sends a request until it is answered (RFC 3261 17.1, RFC 6026 for 2xx).
import type { ParsedMessage } from "./parsed-message.ts";
import { headerValues, parameterOf } from "./parsed-message.ts";
import { buildFailureAck } from "./request-builder.ts";
import { Retransmission, type Timers } from "./timers.ts";

/** What a client transaction tells its user. */
export interface ClientListener {
  /** Every response but 100 retransmissions of a non-2xx final; each 2xx of a fork and each 2xx retransmission too. */
  response(response: ParsedMessage): void;
  /** Nothing final came in 64*T1 (INVITE: nothing at all). */
  timeout(): void;
}

/** Name of a client transaction: the branch of its top Via, and the CSeq method (RFC 3261 17.1.3). */
export function clientKey(message: ParsedMessage): string {
  return `${parameterOf(headerValues(message, "via")[0] ?? "", "branch") ?? ""}|${message.method}`;
}

/** One request on its way. Ends by itself; `onEnd` is called once when it may be forgotten. */
export class ClientTransaction {
  readonly request: ParsedMessage;
  /** How often the request was sent. */
  sends = 1;
  /** Final status, 0 while there is none. */
  status = 0;
  onEnd: () => void = () => {};
  #send: (bytes: Buffer) => void;
  #timers: Timers;
  #listener: ClientListener;
  #retransmission: Retransmission;
  #end: NodeJS.Timeout | undefined;

  /** `isReliable`: over a stream nothing is sent twice. */
  constructor(
    request: ParsedMessage,
    timers: Timers,
    send: (bytes: Buffer) => void,
    listener: ClientListener,
    isReliable = false,
  ) {
    this.request = request;
    this.#send = send;
    this.#timers = timers;
    this.#listener = listener;
    const cap = this.isInvite ? Number.POSITIVE_INFINITY : timers.t2;
    const resend = (): void => {
      if (isReliable) return;
      this.sends++;
      send(request.raw);
    };
    this.#retransmission = new Retransmission(timers.t1, cap, resend, () => {
      this.#finish(0);
      listener.timeout();
    });
    send(request.raw);
  }

  /** Whether its request is an INVITE. */
  get isInvite(): boolean {
    return this.request.method === "INVITE";
  }

  /** A response whose key is ours. */
  receive(response: ParsedMessage): void {
    if (response.status < 200) {
      if (this.status !== 0) return;
      // Timer B ends with the first provisional; a non-INVITE goes on under Timer F, more slowly (17.1.2.2).
      if (this.isInvite) this.#retransmission.stop();
      this.#listener.response(response);
      return;
    }
    const isFirst = this.status === 0;
    if (isFirst) {
      this.status = response.status;
      this.#retransmission.stop();
      this.#finish(this.isInvite ? 64 * this.#timers.t1 : this.#timers.t4);
    }
    if (this.isInvite && response.status >= 300) this.#send(buildFailureAck(this.request, response));
    if (isFirst || (this.isInvite && response.status < 300)) this.#listener.response(response);
  }

  /** Forgets everything at once, as a crashed client would. */
  stop(): void {
    this.#retransmission.stop();
    clearTimeout(this.#end);
    this.onEnd();
  }

  #finish(after: number): void {
    this.#end = setTimeout(() => this.onEnd(), after);
  }
}
