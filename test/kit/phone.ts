// A scripted phone: a user agent that sends everything to the balancer and remembers what passed.
import type { OutgoingCall, OutgoingCallOptions } from "../../src/ua/outgoing-call.ts";
import type { ParsedMessage } from "../../src/ua/parsed-message.ts";
import type { Session } from "../../src/ua/session.ts";
import type { Peer } from "../../src/ua/transport.ts";
import { type Datagram, type NewRequest, UserAgent, type UserAgentOptions } from "../../src/ua/user-agent.ts";
import { TEST_TIMERS } from "./destination.ts";
import { until, within } from "./wait.ts";

/** A call that has its final answer. */
export interface FinishedCall {
  readonly status: number;
  readonly statuses: readonly number[];
  readonly responses: readonly ParsedMessage[];
  readonly call: OutgoingCall;
  /** The dialog; throws when the call was not answered. */
  readonly session: Session;
  /** Hangs up; the final status of the BYE, 0 when nothing came. */
  bye(): Promise<number>;
  /** Re-INVITE; its final status, 0 when nothing came. */
  reinvite(): Promise<number>;
}

/** A caller. */
export class Phone {
  /** Every datagram in and out. */
  readonly datagrams: Datagram[];
  readonly agent: UserAgent;
  readonly #proxy: Peer;
  #onOpen: (phone: Phone) => void;

  private constructor(agent: UserAgent, datagrams: Datagram[], proxy: Peer, onOpen: (phone: Phone) => void) {
    this.agent = agent;
    this.datagrams = datagrams;
    this.#proxy = proxy;
    this.#onOpen = onOpen;
    onOpen(this);
  }

  /** A phone that sends to `proxy`; `onOpen` is told of it and of all its siblings. */
  static async open(
    proxy: Peer,
    options: UserAgentOptions = {},
    onOpen: (phone: Phone) => void = () => {},
  ): Promise<Phone> {
    const datagrams: Datagram[] = [];
    const onDatagram = (datagram: Datagram): void => void datagrams.push(datagram);
    const agent = await UserAgent.open({ timers: TEST_TIMERS, user: "phone", proxy, ...options, onDatagram });
    return new Phone(agent, datagrams, proxy, onOpen);
  }

  /** One more phone, elsewhere or with other manners. */
  another(options: UserAgentOptions = {}): Promise<Phone> {
    return Phone.open(this.#proxy, options, this.#onOpen);
  }

  /** Starts a call and returns at once. */
  dials(uri: string, extra: NewRequest = {}, options: OutgoingCallOptions = {}): OutgoingCall {
    return this.agent.invite(uri, extra, options);
  }

  /** Calls and waits for the final answer. */
  async invites(uri: string, extra: NewRequest = {}, options: OutgoingCallOptions = {}): Promise<FinishedCall> {
    return this.finished(this.dials(uri, extra, options));
  }

  /** Waits for a call's final answer. */
  async finished(call: OutgoingCall, limit?: number): Promise<FinishedCall> {
    const status = await within("the call's final answer", call.final, limit);
    const session = (): Session => {
      if (call.session === undefined) throw new Error(`the call ended with ${status}, there is no dialog`);
      return call.session;
    };
    return {
      status,
      call,
      get statuses() {
        return call.statuses;
      },
      get responses() {
        return call.responses;
      },
      get session() {
        return session();
      },
      bye: async () => (await session().bye())?.status ?? 0,
      reinvite: async () => (await session().request("INVITE"))?.status ?? 0,
    };
  }

  /** Sends a request outside a dialog; its final status, 0 when nothing came. */
  async requests(method: string, uri: string, extra: NewRequest = {}): Promise<number> {
    return (await this.agent.request(method, uri, extra))?.status ?? 0;
  }

  /** Sends bytes as they are. */
  raw(bytes: Buffer | string): void {
    this.agent.send(Buffer.from(bytes as string, "latin1"), this.#proxy);
  }

  /** Messages received so far. */
  received(): ParsedMessage[] {
    return this.datagrams.flatMap(({ direction, message }) =>
      direction === "in" && message !== null ? [message] : [],
    );
  }

  /** Waits for a response that `wanted` accepts. */
  hears(what: string, wanted: (message: ParsedMessage) => boolean, limit?: number): Promise<ParsedMessage> {
    return until(what, () => this.received().find(wanted), limit);
  }
}
