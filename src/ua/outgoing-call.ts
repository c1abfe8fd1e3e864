// An INVITE that we send, and the dialogs that come of it (several when it forks).
import type { Agent, AgentRequest } from "./agent.ts";
import type { ClientTransaction } from "./client-transaction.ts";
import { Dialog } from "./dialog.ts";
import { answerChallenge, type Credentials, challengeOf } from "./digest.ts";
import { type HeaderField, hasHeader, type ParsedMessage, tagOf } from "./parsed-message.ts";
import { buildCancel } from "./request-builder.ts";
import { Session } from "./session.ts";
import type { Peer } from "./transport.ts";

/** How a call behaves. */
export interface OutgoingCallOptions {
  /** Answers one 401 or 407. */
  readonly credentials?: Credentials | undefined;
  /** Whether 2xx are acknowledged at once (default), or by `ack()` only. */
  readonly acksItself?: boolean | undefined;
  /** Whether reliable provisionals are PRACKed at once (default). */
  readonly pracksItself?: boolean | undefined;
  /** Called for every response. */
  readonly onResponse?: ((response: ParsedMessage) => void) | undefined;
}

/** A call from the caller's side. */
export class OutgoingCall {
  /** Every response received, 100s and repetitions included. */
  readonly responses: ParsedMessage[] = [];
  /** Dialogs by the callee's tag, early ones included. */
  readonly sessions = new Map<string, Session>();
  /** The first final status; 0 when nothing came in 64*T1. */
  readonly final: Promise<number>;
  /** The dialog of the first 2xx. */
  session: Session | undefined;
  /** The INVITE's transaction, after a challenge the second one. */
  transaction: ClientTransaction;
  #agent: Agent;
  #peer: Peer;
  #fields: AgentRequest;
  #options: OutgoingCallOptions;
  #resolve: (status: number) => void = () => {};
  #hasRetried = false;
  #wantsCancel = false;
  #hasCancelled = false;

  constructor(agent: Agent, fields: AgentRequest, peer: Peer, options: OutgoingCallOptions = {}) {
    this.#agent = agent;
    this.#fields = fields;
    this.#peer = peer;
    this.#options = options;
    this.final = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.transaction = this.#invite(fields);
  }

  /** Statuses received so far, in order. */
  get statuses(): number[] {
    return this.responses.map((response) => response.status);
  }

  /** Cancels: at the first provisional (RFC 3261 9.1), or at once. The INVITE's final answer comes through `final`. */
  cancel(when: "allowed" | "now" = "allowed"): void {
    this.#wantsCancel = true;
    if (when === "now" || this.responses.length > 0) this.#sendCancel();
  }

  /** Acknowledges the first 2xx. */
  ack(): void {
    this.session?.ack(this.#fields.cseq);
  }

  #invite(fields: AgentRequest): ClientTransaction {
    return this.#agent.transact(fields, this.#peer, {
      response: (response) => this.#receive(response),
      timeout: () => this.#resolve(0),
    });
  }

  #receive(response: ParsedMessage): void {
    this.responses.push(response);
    this.#options.onResponse?.(response);
    if (response.status < 200 && this.#wantsCancel && !this.#hasCancelled) this.#sendCancel();
    if (this.#retry(response)) return;
    const session = response.status < 300 ? this.#sessionOf(response) : undefined;
    if (response.status < 200) {
      if (hasHeader(response, "rseq") && this.#options.pracksItself !== false) void session?.prack(response);
      return;
    }
    if (session !== undefined) {
      this.session ??= session;
      if (this.#options.acksItself !== false) session.ack(this.#fields.cseq);
    }
    this.#resolve(response.status);
  }

  #sessionOf(response: ParsedMessage): Session | undefined {
    const tag = tagOf(response, "to");
    if (tag === "") return undefined;
    const known = this.sessions.get(tag);
    if (known !== undefined && (response.status < 200 || this.session === known)) return known;
    const dialog = Dialog.ofCaller(this.transaction.request, response, this.#peer, this.#agent.manners);
    // RFC 3261 13.2.2.4: the route set of a 2xx replaces that of the early dialog, its CSeq does not.
    if (known !== undefined) dialog.localCseq = known.dialog.localCseq;
    const session = new Session(this.#agent, dialog);
    this.sessions.set(tag, session);
    return session;
  }

  #retry(response: ParsedMessage): boolean {
    const { credentials } = this.#options;
    if ((response.status !== 401 && response.status !== 407) || credentials === undefined || this.#hasRetried)
      return false;
    const challenge = challengeOf(response);
    if (challenge === null) return false;
    this.#hasRetried = true;
    const answer: HeaderField = answerChallenge(challenge, credentials, "INVITE", this.#fields.uri);
    const headers = [...(this.#fields.headers ?? []), answer];
    this.#fields = { ...this.#fields, via: undefined, cseq: this.#fields.cseq + 1, headers };
    this.transaction = this.#invite(this.#fields);
    return true;
  }

  #sendCancel(): void {
    this.#hasCancelled = true;
    const cancel = buildCancel(this.transaction.request);
    this.#agent.transactBuilt(cancel, this.#peer, { response: () => {}, timeout: () => {} });
  }
}
