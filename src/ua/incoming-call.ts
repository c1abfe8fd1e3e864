// An INVITE that we received, and the dialog that comes of it.
import type { Agent } from "./agent.ts";
import { Dialog } from "./dialog.ts";
import type { ResponseFields } from "./response-builder.ts";
import type { ServerTransaction } from "./server-transaction.ts";
import { Session } from "./session.ts";

/** A call from the callee's side. */
export class IncomingCall {
  readonly transaction: ServerTransaction;
  readonly session: Session;
  #agent: Agent;
  #rseq = 0;

  constructor(agent: Agent, transaction: ServerTransaction) {
    this.#agent = agent;
    this.transaction = transaction;
    const { request, toTag, source } = transaction;
    this.session = new Session(agent, Dialog.ofCallee(request, toTag, source, agent.manners));
  }

  /** Sends a provisional (default 180), with `reliable` until it is PRACKed. */
  ring(status = 180, fields: ResponseFields & { readonly reliable?: boolean } = {}): void {
    const { reliable, ...others } = fields;
    if (reliable) this.session.ringReliably(this.transaction, status, ++this.#rseq, others);
    else this.transaction.respond(status, { contact: this.#agent.contact, ...others });
  }

  /** Answers with 200; resolves whether the ACK came. Nothing is sent to a call that has a final answer (487). */
  answer(fields: ResponseFields = {}): Promise<boolean> {
    if (this.transaction.status !== 0) return Promise.resolve(false);
    return this.session.accept(this.transaction, fields);
  }

  /** Answers with 3xx to 6xx. */
  reject(status: number, fields: ResponseFields = {}): void {
    this.session.abandon();
    if (this.transaction.status === 0) this.transaction.respond(status, fields);
  }
}
