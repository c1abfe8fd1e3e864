// A server transaction: answers a request, absorbs its retransmissions (RFC 3261 17.2, RFC 6026 for 2xx).
import type { ParsedMessage } from "./parsed-message.ts";
import { headerValues, parameterOf } from "./parsed-message.ts";
import { buildResponse, type ResponseFields } from "./response-builder.ts";
import { Retransmission, type Timers } from "./timers.ts";
import type { Peer } from "./transport.ts";

/** Name of a server transaction: branch, sent-by and method, an ACK's being its INVITE's (RFC 3261 17.2.3). */
export function serverKey(request: ParsedMessage, method: string = request.method): string {
  const via = headerValues(request, "via")[0] ?? "";
  const sentBy = /^\S+\s+([^;\s]+)/.exec(via)?.[1] ?? "";
  return `${parameterOf(via, "branch") ?? ""}|${sentBy}|${method === "ACK" ? "INVITE" : method}`;
}

/** Where responses go: back to the source; to the sent-by port where the sender did not ask for rport (RFC 3581). */
export function responsePeer(request: ParsedMessage, source: Peer): Peer {
  const via = headerValues(request, "via")[0] ?? "";
  if (parameterOf(via, "rport") !== null) return source;
  const port = /^\S+\s+(?:\[[^\]]*\]|[^:;\s]*):(\d+)/.exec(via)?.[1];
  return { address: source.address, port: Number(port ?? 5060) };
}

/** One request that was received. */
export class ServerTransaction {
  readonly request: ParsedMessage;
  /** Where the request came from. */
  readonly source: Peer;
  /** Tag that goes into To. */
  readonly toTag: string;
  /** Retransmissions of the request that were absorbed. */
  retransmissions = 0;
  /** Final status sent, 0 while there is none. */
  status = 0;
  /** The ACK of a non-2xx final answer arrived. */
  isAcked = false;
  isCancelled = false;
  onAck: () => void = () => {};
  /** A CANCEL came before the final answer (the CANCEL itself is answered already). Default: answer 487. */
  onCancel: () => void = () => void this.respond(487);
  onEnd: () => void = () => {};
  #send: (bytes: Buffer) => void;
  #timers: Timers;
  #last: Buffer | undefined;
  #retransmission: Retransmission | undefined;
  #end: NodeJS.Timeout | undefined;

  readonly #isReliable: boolean;

  /** `isReliable`: over a stream a final answer is not repeated. */
  constructor(
    request: ParsedMessage,
    source: Peer,
    toTag: string,
    timers: Timers,
    send: (bytes: Buffer) => void,
    isReliable = false,
  ) {
    this.#isReliable = isReliable;
    this.request = request;
    this.source = source;
    this.toTag = toTag;
    this.#timers = timers;
    this.#send = send;
  }

  /** Whether its request is an INVITE. */
  get isInvite(): boolean {
    return this.request.method === "INVITE";
  }

  /** Sends a response and returns its bytes. 2xx to INVITE are repeated by their user, other finals by us (Timer G). */
  respond(status: number, fields: ResponseFields = {}): Buffer {
    const bytes = buildResponse(this.request, status, { toTag: this.toTag, ...fields });
    this.#last = bytes;
    if (status >= 200 && this.status === 0) {
      this.status = status;
      if (this.isInvite && status >= 300) {
        const { t1, t2 } = this.#timers;
        this.#retransmission = new Retransmission(
          t1,
          t2,
          () => {
            if (!this.#isReliable) this.#send(bytes);
          },
          () => this.onEnd(),
        );
      } else this.#end = setTimeout(() => this.onEnd(), 64 * this.#timers.t1);
    }
    this.#send(bytes);
    return bytes;
  }

  /** Sends an earlier response once more, as a user does with its 2xx. */
  resend(bytes: Buffer): void {
    this.#send(bytes);
  }

  /** The same request once more, or the ACK of our non-2xx answer. */
  receive(request: ParsedMessage): void {
    if (request.method === "ACK") {
      if (this.isAcked || this.status < 300) return;
      this.isAcked = true;
      this.#retransmission?.stop();
      this.#end = setTimeout(() => this.onEnd(), this.#timers.t4);
      this.onAck();
      return;
    }
    this.retransmissions++;
    // RFC 6026 7.1: in state Accepted a retransmitted INVITE is absorbed, its 2xx belongs to the user.
    if (this.#last !== undefined && !(this.isInvite && this.status >= 200 && this.status < 300)) this.#send(this.#last);
  }

  /** A CANCEL for this request; no effect after a final answer. */
  cancel(): void {
    this.isCancelled = true;
    if (this.status === 0) this.onCancel();
  }

  /** Forgets everything at once. */
  stop(): void {
    this.#retransmission?.stop();
    clearTimeout(this.#end);
    this.onEnd();
  }
}
