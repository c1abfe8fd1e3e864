// TLS on both sides of the stream worker: handshakes of those who connect, bounded in number and time, and connections that we make
// to somebody who has to prove a name.
import { createHash, type X509Certificate } from "node:crypto";
import { connect as connectPlain, isIP, Socket, type TcpNetConnectOpts } from "node:net";
import { connect, createServer, type Server, TLSSocket } from "node:tls";
import { NO_TLS, type TlsProfile, type TlsState } from "../bridge/tls-state.ts";
import { identityFault } from "../net/sip-identity.ts";
import { Beginnings } from "./beginnings.ts";
import { nameOf } from "./guests.ts";
import type { HandshakeRefusal, Handshakes } from "./handshakes.ts";
import { SecureContexts, type SecureProfile } from "./secure-contexts.ts";
import { Turns } from "./turns.ts";

/** Why somebody's connection did not become one of TLS. */
export type HandshakeFault =
  | HandshakeRefusal
  | "handshake_timeout"
  | "handshake_not_begun"
  | "handshake_failed"
  | "unverified_client";

const REFUSALS: Readonly<Record<HandshakeRefusal, string>> = {
  handshake_refused: "too many handshakes at a time",
  handshake_source_full: "too many handshakes of its source at a time",
  handshake_reserved: "the handshakes that are left are for destinations and trusted sources",
};

/** What ends a connection whose time is up. */
const LATE: NodeJS.ErrnoException = new Error("the handshake took too long");

/** Why a connection of ours did not become one of TLS. */
export interface Refusal {
  readonly address: string;
  /** Who was expected. */
  readonly host: string;
  readonly why: string;
  /** The handshake was done, and it was somebody else. */
  readonly isUnverified: boolean;
}

/** What comes of handshakes. */
export interface HandshakeHandler {
  secured(listener: number, socket: TLSSocket): void;
  /** It is closed; `address` is whose it was, `why` is for the operator. */
  failed(listener: number, fault: HandshakeFault, address: string, why: string): void;
  /** A connection of ours came to nothing because of TLS, or below it. */
  refused(refusal: Refusal): void;
}

/** TLS of one stream worker. */
export class Secure {
  readonly #timeout: number;
  readonly #beginnings = new Beginnings();
  /** When the time of those is up whose handshake has not ended, by the name of their connection. */
  readonly #deadlines = new Map<string, NodeJS.Timeout>();
  /** Those whose time is up: who came at once is late at once. */
  readonly #late = new Turns();
  readonly #handshakes: Handshakes;
  readonly #handler: HandshakeHandler;
  #contexts = new SecureContexts(NO_TLS);
  /** Clients whose connections may carry what we send: under which profile they proved who they are, and by what. */
  readonly #reusable = new WeakMap<Socket, { readonly profile: TlsProfile; readonly certificate: X509Certificate }>();
  /** Node's servers; these listen nowhere, they only do handshakes. By listener, made anew for a new state. */
  readonly #servers = new Map<number, Server>();

  /** A handshake has `timeout` milliseconds from the connection on. */
  constructor(timeout: number, handshakes: Handshakes, handler: HandshakeHandler) {
    this.#timeout = timeout;
    this.#handshakes = handshakes;
    this.#handler = handler;
  }

  /** Puts a state into force for handshakes to come; those under way and connections are left alone. Throws on bad keys. */
  adopt(state: TlsState): void {
    this.#contexts = new SecureContexts(state);
    this.#servers.clear();
  }

  /** How many connections are here whose handshake has not ended, or not begun. */
  get count(): number {
    return this.#deadlines.size;
  }

  /**
   * A connection that somebody made to `listener`: does its handshake when they begin it, if there is room for one then. So many
   * milliseconds of the time that it may take are over.
   */
  accept(listener: number, raw: Socket, heldFor = 0): void {
    const address = raw.remoteAddress ?? "";
    const fail = (fault: HandshakeFault, why: string): void => this.#handler.failed(listener, fault, address, why);
    const refuse = (refusal: HandshakeRefusal): void => {
      raw.resetAndDestroy();
      fail(refusal, REFUSALS[refusal]);
    };
    if (this.#contexts.ofListener(listener) === undefined) {
      refuse("handshake_refused");
      return;
    }
    let doing = "it did not begin";
    let isHeard = false;
    const name = nameOf(raw);
    const end = (): void => {
      if (this.#deadlines.get(name) !== deadline) return;
      raw.destroy(LATE);
      fail("handshake_timeout", doing);
    };
    const deadline = setTimeout(() => this.#late.add(end), Math.max(1, this.#timeout - heldFor));
    this.#deadlines.set(name, deadline);
    raw.on("close", () => this.#settle(name, deadline));
    this.#beginnings.add(raw, {
      heard: () => {
        isHeard = true;
        const refusal = this.#handshakes.begin(raw);
        if (refusal !== null) refuse(refusal);
        return refusal === null;
      },
      begin: () => {
        doing = "it did not end";
        if (this.#serverFor(listener)?.emit("connection", raw) !== true) raw.destroy();
      },
      gone: () => {
        if (raw.errored !== LATE) fail(isHeard ? "handshake_failed" : "handshake_not_begun", doing);
      },
    });
  }

  /** Whether what we send may go over a connection that somebody made (RFC 5923), as far as its profile and their certificate go. */
  isReusable(socket: Socket): boolean {
    return this.#reusable.has(socket);
  }

  /**
   * The numbers of whom they have proved to be, as a destination under the same profile would have to; none: nobody, or not any more. With
   * a `name`, in lower case, only of who has to have that name.
   */
  provedBy(socket: Socket, name = ""): readonly number[] {
    const client = this.#reusable.get(socket);
    return client === undefined ? [] : this.#contexts.provedBy(client.profile, client.certificate, name);
  }

  /** The host name that who has this number has to prove; empty: it is an address, or nobody. */
  nameOf(identity: number): string {
    const host = this.#contexts.expected(identity)?.host ?? "";
    return isIP(host) === 0 ? host : "";
  }

  /**
   * Connects to whoever has to prove `identity` (see bridge/tls-state.ts); `options.host` is numeric. It is not to be used before
   * `secureConnect`. Null: there is no such identity, so nobody can prove it. `unverified` is called when the other
   * end did not prove it. `header` is sent before TLS begins.
   */
  connect(
    identity: number,
    options: TcpNetConnectOpts,
    unverified: () => void,
    header: Buffer | null = null,
  ): TLSSocket | null {
    const expected = this.#contexts.expected(identity);
    if (expected === undefined) return null;
    const host = expected.host === "" ? (options.host ?? "") : expected.host;
    const below = header === null ? null : connectPlain(options);
    if (below !== null && header !== null) below.on("error", () => undefined).write(header);
    const socket: TLSSocket = connect({
      ...(below === null ? options : { socket: below }),
      secureContext: expected.context,
      // Addresses are not asked for (RFC 6066 3).
      servername: isIP(host) === 0 ? host : "",
      rejectUnauthorized: expected.profile.verify,
      checkServerIdentity: () => {
        const certificate = socket.getPeerX509Certificate();
        const fault = certificate === undefined ? "it has no certificate" : identityFault(certificate, host);
        return fault === "" ? undefined : new Error(`${fault}, not for ${host}`);
      },
    });
    if (below !== null) socket.once("close", () => below.destroy());
    let isDone = false;
    socket.once("secureConnect", () => {
      isDone = true;
      socket.disableRenegotiation();
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      // With TLS 1.3 what they think of our certificate comes after our side of the handshake; a later reset is nobody's fault.
      if (isDone && error.code?.startsWith("ERR_SSL_") !== true) return;
      // Before the end of the handshake there is such an error only if that is what ended it.
      const isUnverified = !isDone && socket.authorizationError !== null && socket.authorizationError !== undefined;
      if (isUnverified) unverified();
      this.#handler.refused({ address: `${options.host}:${options.port}`, host, why: reasonOf(error), isUnverified });
    });
    return socket;
  }

  /** Its server for the state in force. */
  #serverFor(listener: number): Server | undefined {
    const known = this.#servers.get(listener);
    const profile = known === undefined ? this.#contexts.ofListener(listener) : undefined;
    if (profile === undefined) return known;
    const server = this.#serverOf(listener, profile);
    this.#servers.set(listener, server);
    return server;
  }

  #serverOf(listener: number, secure: SecureProfile): Server {
    const { profile } = secure;
    const { clientCertificate, ca, crl } = profile;
    const server = createServer({
      ...secure.options,
      requestCert: clientCertificate !== "none",
      // What came of it is decided, and counted, here.
      rejectUnauthorized: false,
      // A session begun under other rules, or with another listener, is not resumed.
      sessionIdContext: createHash("sha256")
        .update(`${listener} ${clientCertificate} ${ca} ${crl.join("")}`)
        .digest("hex")
        .slice(0, 32),
      SNICallback: (name, choose) => choose(null, secure.named(name)),
    });
    server.on("secureConnection", (socket) => {
      this.#handshakes.end(socket);
      this.#settle(nameOf(socket));
      const why = clientFault(clientCertificate, socket);
      if (why === "") {
        socket.disableRenegotiation();
        const certificate = socket.getPeerX509Certificate();
        if (mayBeReused(profile) && socket.authorized && certificate !== undefined)
          this.#reusable.set(socket, { profile, certificate });
        this.#handler.secured(listener, socket);
        return;
      }
      const address = socket.remoteAddress ?? "";
      socket.on("error", () => undefined).destroy();
      this.#handler.failed(listener, "unverified_client", address, why);
    });
    server.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
      this.#handshakes.end(socket);
      const address = addressOf(socket);
      socket.on("error", () => undefined).destroy();
      // Of that it has been told already.
      if (error === LATE) return;
      this.#handler.failed(listener, "handshake_failed", address, reasonOf(error));
    });
    return server;
  }

  /** There is no deadline for this connection any more, unless it is that of a later one between the same ports. */
  #settle(name: string, deadline = this.#deadlines.get(name)): void {
    clearTimeout(deadline);
    if (this.#deadlines.get(name) === deadline) this.#deadlines.delete(name);
  }
}

/** Of the certificate that the other end of a connection has shown; empty: none, or not yet. */
export function fingerprintOf(socket: Socket): string {
  return socket instanceof TLSSocket ? (socket.getPeerX509Certificate()?.fingerprint256 ?? "") : "";
}

/** Whether the profile lets what we send go over connections of clients: all of these have proved who they are then. */
function mayBeReused({ connectionReuse, clientCertificate }: TlsProfile): boolean {
  return connectionReuse && clientCertificate === "require";
}

/** Whose it is, or was: after a reset only the connection below still knows, which was asked when it was accepted. */
function addressOf(socket: TLSSocket): string {
  const below = "_parent" in socket && socket._parent instanceof Socket ? socket._parent.remoteAddress : undefined;
  return socket.remoteAddress ?? below ?? "";
}

/** Why a client is not let in; empty: it is. */
function clientFault(asked: "none" | "request" | "require", socket: TLSSocket): string {
  if (asked === "none" || socket.authorized) return "";
  if (socket.getPeerX509Certificate() !== undefined) return String(socket.authorizationError);
  return asked === "require" ? "it has no certificate" : "";
}

/** OpenSSL's reason without its source lines, or the system's code. */
function reasonOf(error: NodeJS.ErrnoException): string {
  const reason = "reason" in error && typeof error.reason === "string" ? error.reason : "";
  return reason || (error.code?.startsWith("ERR_") === true ? error.message : (error.code ?? error.message));
}
