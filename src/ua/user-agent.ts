// A SIP user agent on one UDP socket, or over TCP or WebSocket: for the demo's servers and caller, for tests, and for whoever else must speak SIP
// as an endpoint. It allocates freely; it is not the data plane.
import { isStream, type TransportName } from "../net/transport.ts";
import type { Agent, AgentRequest, DialogUser } from "./agent.ts";
import { type ClientListener, ClientTransaction, clientKey } from "./client-transaction.ts";
import type { DialogManners } from "./dialog.ts";
import { IncomingCall } from "./incoming-call.ts";
import { OutgoingCall, type OutgoingCallOptions } from "./outgoing-call.ts";
import { headerOf, type ParsedMessage, parseMessage, tagOf } from "./parsed-message.ts";
import { buildRequest, newBranch, newToken } from "./request-builder.ts";
import { responsePeer, ServerTransaction, serverKey } from "./server-transaction.ts";
import type { StreamSecurity } from "./stream-security.ts";
import { StreamTransport } from "./stream-transport.ts";
import { DEFAULT_TIMERS, type Timers } from "./timers.ts";
import { type AgentTransport, formatPeer, type Peer, peerOfUri, Transport } from "./transport.ts";
import { WebSocketTransport } from "./websocket-transport.ts";

/** One datagram that passed, repetitions included. */
export interface Datagram {
  readonly direction: "in" | "out";
  readonly peer: Peer;
  readonly bytes: Buffer;
  /** Null when it is not SIP. */
  readonly message: ParsedMessage | null;
}

/** How a user agent is set up. */
export interface UserAgentOptions {
  /** Numeric; default 127.0.0.1. */
  readonly address?: string | undefined;
  /** Default: any free one. */
  readonly port?: number | undefined;
  /** Default: udp. */
  readonly transport?: TransportName | undefined;
  /** For transport tls: what it shows and whom it believes. */
  readonly tls?: StreamSecurity | undefined;
  readonly timers?: Timers | undefined;
  /** User part of From and Contact. */
  readonly user?: string | undefined;
  /** Where requests outside dialogs go; without it, where their URI says. */
  readonly proxy?: Peer | undefined;
  readonly manners?: DialogManners | undefined;
  /** Host and port written into Via and Contact; default the bound ones. Something else: a phone behind NAT. */
  readonly sentBy?: string | undefined;
  /** Whether Via asks for rport (RFC 3581); default true. */
  readonly rport?: boolean | undefined;
  /** A request outside of known dialogs; ACK and CANCEL never come here. Default: everything gets 200. */
  readonly onRequest?: ((transaction: ServerTransaction, agent: UserAgent) => void) | undefined;
  /** Sees every datagram. */
  readonly onDatagram?: ((datagram: Datagram) => void) | undefined;
  /** False: the datagram is treated as lost. */
  readonly hears?: ((datagram: Datagram) => boolean) | undefined;
}

/** What a request outside a dialog needs; the rest is made up. */
export type NewRequest = Partial<AgentRequest> & { readonly fromTag?: string | undefined };

/** A user agent. `close` it. */
export class UserAgent implements Agent {
  readonly timers: Timers;
  readonly contact: string;
  readonly manners: DialogManners;
  readonly local: Peer;
  #options: UserAgentOptions;
  #transport: AgentTransport;
  #sentBy: string;
  #clients = new Map<string, ClientTransaction>();
  #servers = new Map<string, ServerTransaction>();
  #dialogs = new Map<string, DialogUser>();

  private constructor(transport: AgentTransport, options: UserAgentOptions) {
    this.#options = options;
    this.#transport = transport;
    this.timers = options.timers ?? DEFAULT_TIMERS;
    this.manners = options.manners ?? {};
    this.local = transport.local;
    this.#sentBy = options.sentBy ?? formatPeer(transport.local);
    const parameters = this.isReliable ? `;transport=${this.transport}` : "";
    this.contact = `<sip:${options.user ?? "ua"}@${this.#sentBy}${parameters}>`;
    transport.onDatagram = (bytes, peer) => this.#receive(bytes, peer);
  }

  /** Binds the socket; rejects when the port is taken. */
  static async open(options: UserAgentOptions = {}): Promise<UserAgent> {
    const { transport, address = "127.0.0.1", port } = options;
    const security = transport === "tls" || transport === "wss" ? (options.tls ?? {}) : undefined;
    if (transport === undefined || transport === "udp")
      return new UserAgent(await Transport.open(address, port), options);
    const kind = transport === "ws" || transport === "wss" ? WebSocketTransport : StreamTransport;
    return new UserAgent(await kind.open(address, port, security), options);
  }

  /** Its connections, where it has any. */
  get streams(): StreamTransport | WebSocketTransport {
    const transport = this.#transport;
    if (transport instanceof StreamTransport || transport instanceof WebSocketTransport) return transport;
    throw new Error("this user agent speaks UDP");
  }

  get transport(): TransportName {
    return this.#options.transport ?? "udp";
  }

  /** Whether nothing is lost on its transport. */
  get isReliable(): boolean {
    return isStream(this.transport);
  }

  /** Calls a URI. */
  invite(uri: string, extra: NewRequest = {}, options: OutgoingCallOptions = {}): OutgoingCall {
    const fields = this.#newRequest("INVITE", uri, { contact: this.contact, ...extra });
    return new OutgoingCall(this, fields, this.#peerFor(uri), options);
  }

  /** Sends a request outside a dialog; resolves with the final response, null when none came in 64*T1. */
  request(method: string, uri: string, extra: NewRequest = {}): Promise<ParsedMessage | null> {
    return new Promise((resolve) => {
      this.transact(this.#newRequest(method, uri, extra), this.#peerFor(uri), {
        response: (response) => response.status >= 200 && resolve(response),
        timeout: () => resolve(null),
      });
    });
  }

  /** Takes a call that `onRequest` was given. */
  takeCall(transaction: ServerTransaction): IncomingCall {
    return new IncomingCall(this, transaction);
  }

  newVia(): string {
    return `SIP/2.0/${this.transport.toUpperCase()} ${this.#sentBy}${this.#options.rport === false ? "" : ";rport"};branch=${newBranch()}`;
  }

  transact(fields: AgentRequest, peer: Peer, listener: ClientListener): ClientTransaction {
    return this.transactBuilt(buildRequest({ ...fields, via: fields.via ?? [this.newVia()] }), peer, listener);
  }

  transactBuilt(bytes: Buffer, peer: Peer, listener: ClientListener): ClientTransaction {
    const request = parseMessage(bytes);
    if (request === null) throw new Error("not a SIP request");
    const key = clientKey(request);
    const send = (copy: Buffer): void => this.send(copy, peer);
    const transaction = new ClientTransaction(request, this.timers, send, listener, this.isReliable);
    transaction.onEnd = () => this.#clients.delete(key);
    this.#clients.set(key, transaction);
    return transaction;
  }

  send(bytes: Buffer, peer: Peer): void {
    this.#options.onDatagram?.({ direction: "out", peer, bytes, message: parseMessage(bytes) });
    this.#transport.send(bytes, peer);
  }

  addDialog(user: DialogUser): void {
    this.#dialogs.set(user.dialog.key, user);
  }

  removeDialog(user: DialogUser): void {
    if (this.#dialogs.get(user.dialog.key) === user) this.#dialogs.delete(user.dialog.key);
  }

  /** Closes the socket and forgets everything, as a killed process does. */
  async close(): Promise<void> {
    for (const transaction of [...this.#clients.values()]) transaction.stop();
    for (const transaction of [...this.#servers.values()]) transaction.stop();
    for (const user of [...this.#dialogs.values()]) user.abandon();
    await this.#transport.close();
  }

  #newRequest(method: string, uri: string, extra: NewRequest): AgentRequest {
    const { fromTag, ...fields } = extra;
    const from = `<sip:${this.#options.user ?? "ua"}@${this.#sentBy}>;tag=${fromTag ?? newToken()}`;
    return { method, uri, from, to: `<${uri}>`, callId: newToken(), cseq: 1, ...fields };
  }

  #peerFor(uri: string): Peer {
    const peer = this.#options.proxy ?? peerOfUri(uri);
    if (peer === null) throw new Error(`no numeric address in ${uri}, and no proxy`);
    return peer;
  }

  #receive(bytes: Buffer, peer: Peer): void {
    const message = parseMessage(bytes);
    const datagram: Datagram = { direction: "in", peer, bytes, message };
    this.#options.onDatagram?.(datagram);
    if (message === null || this.#options.hears?.(datagram) === false) return;
    if (message.isRequest) this.#receiveRequest(message, peer);
    else this.#clients.get(clientKey(message))?.receive(message);
  }

  #receiveRequest(request: ParsedMessage, peer: Peer): void {
    const known = this.#servers.get(serverKey(request));
    const dialog = this.#dialogs.get(`${headerOf(request, "call-id")}|${tagOf(request, "to")}`);
    if (known !== undefined && !(request.method === "ACK" && known.status < 300)) known.receive(request);
    else if (request.method === "ACK") dialog?.acknowledge(request);
    else {
      const transaction = this.#newServer(request, peer);
      if (request.method === "CANCEL") this.#cancel(transaction);
      else if (dialog !== undefined) dialog.receive(transaction);
      else if (this.#options.onRequest !== undefined) this.#options.onRequest(transaction, this);
      else transaction.respond(200, { contact: this.contact });
    }
  }

  #newServer(request: ParsedMessage, peer: Peer): ServerTransaction {
    const key = serverKey(request);
    const back = this.isReliable ? peer : responsePeer(request, peer);
    const send = (bytes: Buffer): void => this.send(bytes, back);
    const transaction = new ServerTransaction(request, peer, newToken(), this.timers, send, this.isReliable);
    transaction.onEnd = () => this.#servers.delete(key);
    this.#servers.set(key, transaction);
    return transaction;
  }

  #cancel(cancel: ServerTransaction): void {
    const invite = this.#servers.get(serverKey(cancel.request, "INVITE"));
    cancel.respond(invite === undefined ? 481 : 200);
    invite?.cancel();
  }
}
