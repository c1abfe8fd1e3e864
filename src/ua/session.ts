// One dialog in use, from either side: sends and answers re-INVITE, UPDATE, PRACK, INFO and BYE.
import type { Agent, DialogUser } from "./agent.ts";
import type { Dialog } from "./dialog.ts";
import { addressUri, cseqOf, type HeaderField, headerOf, headerValues, type ParsedMessage } from "./parsed-message.ts";
import { buildRequest, field } from "./request-builder.ts";
import type { ResponseFields } from "./response-builder.ts";
import type { ServerTransaction } from "./server-transaction.ts";
import { Retransmission } from "./timers.ts";

/** What a request in a dialog may carry. */
export interface SessionRequest {
  readonly headers?: readonly HeaderField[] | undefined;
  readonly body?: string | Buffer | undefined;
}

/** A dialog and what happened in it. */
export class Session implements DialogUser {
  readonly dialog: Dialog;
  /** Requests received in the dialog, in order; ACKs are in `acks`. */
  readonly received: ServerTransaction[] = [];
  readonly acks: ParsedMessage[] = [];
  /** A BYE was sent or received. */
  hasEnded = false;
  /** Answers a request that was received; replace it to answer otherwise. */
  onRequest: (transaction: ServerTransaction) => void = (transaction) => this.#answer(transaction);
  #agent: Agent;
  #answers = new Map<number, Retransmission>();
  #acked = new Map<number, () => void>();
  #provisional: Retransmission | undefined;
  #sentAcks = new Map<number, Buffer>();

  constructor(agent: Agent, dialog: Dialog) {
    this.#agent = agent;
    this.dialog = dialog;
    agent.addDialog(this);
  }

  /** Sends a request in the dialog; resolves with the final response, null when none came in 64*T1. ACKs a 2xx to INVITE. */
  request(method: string, extra: SessionRequest = {}): Promise<ParsedMessage | null> {
    const { fields, peer } = this.dialog.request(method);
    const isRefresh = method === "INVITE" || method === "UPDATE";
    return new Promise((resolve) => {
      const contact = isRefresh || method === "SUBSCRIBE" ? this.#agent.contact : undefined;
      this.#agent.transact({ ...fields, ...extra, contact }, peer, {
        response: (response) => {
          if (response.status < 200) return;
          if (isRefresh && response.status < 300) this.#refreshTarget(response);
          if (method === "INVITE" && response.status < 300) this.ack(fields.cseq);
          resolve(response);
        },
        timeout: () => resolve(null),
      });
    });
  }

  /** Hangs up; resolves with the final response. */
  bye(extra: SessionRequest = {}): Promise<ParsedMessage | null> {
    this.#close();
    return this.request("BYE", extra);
  }

  /** PRACKs a reliable provisional (RFC 3262); other responses are ignored. */
  prack(response: ParsedMessage): Promise<ParsedMessage | null> | null {
    const rseq = headerOf(response, "rseq");
    if (rseq === "") return null;
    return this.request("PRACK", { headers: [field("RAck", `${rseq} ${headerOf(response, "cseq")}`)] });
  }

  /** Sends the ACK of a 2xx; the same bytes again when the 2xx is repeated. */
  ack(cseq: number, extra: SessionRequest = {}): void {
    const { fields, peer } = this.dialog.request("ACK", cseq);
    const bytes = this.#sentAcks.get(cseq) ?? buildRequest({ ...fields, ...extra, via: [this.#agent.newVia()] });
    this.#sentAcks.set(cseq, bytes);
    this.#agent.send(bytes, peer);
  }

  /** Answers an INVITE with 2xx and repeats that until its ACK (RFC 3261 13.3.1.4); resolves whether the ACK came. */
  accept(transaction: ServerTransaction, fields: ResponseFields = {}): Promise<boolean> {
    this.#provisional?.stop();
    const bytes = transaction.respond(200, { contact: this.#agent.contact, ...fields });
    const cseq = cseqOf(transaction.request).number;
    const { t1, t2 } = this.#agent.timers;
    return new Promise((resolve) => {
      const repeat = (): void => transaction.resend(bytes);
      this.#answers.set(cseq, new Retransmission(t1, t2, repeat, () => resolve(false)));
      this.#acked.set(cseq, () => resolve(true));
    });
  }

  /** Sends a reliable provisional and repeats it until its PRACK (RFC 3262). */
  ringReliably(transaction: ServerTransaction, status: number, rseq: number, fields: ResponseFields = {}): void {
    const headers = [field("Require", "100rel"), field("RSeq", String(rseq)), ...(fields.headers ?? [])];
    const bytes = transaction.respond(status, { contact: this.#agent.contact, ...fields, headers });
    const repeat = (): void => transaction.resend(bytes);
    this.#provisional = new Retransmission(this.#agent.timers.t1, Number.POSITIVE_INFINITY, repeat, () => {});
  }

  receive(transaction: ServerTransaction): void {
    this.received.push(transaction);
    const { method } = transaction.request;
    if (method === "PRACK") this.#provisional?.stop();
    if (method === "INVITE" || method === "UPDATE") this.#refreshTarget(transaction.request);
    if (method === "BYE") this.#close();
    this.onRequest(transaction);
  }

  acknowledge(ack: ParsedMessage): void {
    this.acks.push(ack);
    const { number } = cseqOf(ack);
    this.#answers.get(number)?.stop();
    this.#acked.get(number)?.();
  }

  /** Stops all repetition and leaves the dialog without a word, as a crashed client would. */
  abandon(): void {
    this.#close();
  }

  #answer(transaction: ServerTransaction): void {
    if (transaction.request.method === "INVITE") void this.accept(transaction);
    else transaction.respond(200, { contact: this.#agent.contact });
  }

  #refreshTarget(message: ParsedMessage): void {
    const contact = headerValues(message, "contact")[0];
    if (contact !== undefined) this.dialog.remoteTarget = addressUri(contact);
  }

  #close(): void {
    this.hasEnded = true;
    this.#agent.removeDialog(this);
    this.#provisional?.stop();
    for (const answer of this.#answers.values()) answer.stop();
  }
}
