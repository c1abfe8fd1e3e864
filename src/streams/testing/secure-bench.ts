// The stream worker's TLS without its thread: connections with one worker, whose end of the rings is the test's.
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { createRingMemory, Ring } from "../../bridge/handoff.ts";
import {
  STREAM_WORDS,
  type StreamCounter,
  type StreamLimits,
  type StreamStart,
  streamCounter,
} from "../../bridge/stream-start.ts";
import type { TlsProfile, TlsState } from "../../bridge/tls-state.ts";
import { identityWord } from "../../bridge/way-back.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../../net/endpoint.ts";
import { Connections } from "../connections.ts";
import { Exchange } from "../exchange.ts";
import { STRANGERS } from "../guests.ts";
import { Handshakes } from "../handshakes.ts";
import { Secure } from "../secure.ts";
import { untilNext } from "./until-next.ts";

/** How long a handshake may take, in milliseconds. */
export const HANDSHAKE_TIMEOUT = 5_000;

const LIMITS: StreamLimits = {
  connections: 1000,
  connectionsPerSource: 1000,
  writeTimeout: 30_000,
  lifetime: 0,
  keepalive: 60_000,
  connectTimeout: 5_000,
  attemptDelay: 600_000,
  idle: 60_000,
  messageTimeout: 10_000,
  ping: 30_000,
  writeBuffer: 65_536,
  headerBytes: 32_768,
  handshakeTimeout: HANDSHAKE_TIMEOUT,
  handshakes: 100,
  handshakesPerSource: 100,
  reserve: 0,
};
const LISTENER = 1;

/** Connections over TLS with one worker, whose end of the rings is the test's. */
export class SecureBench {
  readonly ring: Ring;
  readonly secure: Secure;
  readonly connections: Connections;
  readonly faults: string[] = [];
  /** Whose the handshakes were that failed. */
  readonly addresses: string[] = [];
  /** Those that have begun. */
  readonly handshakes: Handshakes;
  readonly #words = new Int32Array(new SharedArrayBuffer(STREAM_WORDS * 4));

  constructor(state: TlsState, limits: Partial<StreamLimits> = {}) {
    const [to, from] = [createRingMemory(), createRingMemory()];
    const start = { toWorkers: [to], fromWorkers: [from], seed: [1, 2] } as unknown as StreamStart;
    this.ring = new Ring(to);
    const all = { ...LIMITS, ...limits };
    this.handshakes = new Handshakes(all, STRANGERS);
    this.secure = new Secure(all.handshakeTimeout, this.handshakes, {
      secured: (listener, socket) => this.connections.accept(listener, socket),
      failed: (_listener, fault, address, why) => {
        this.connections.countUp(fault);
        this.addresses.push(address);
        this.faults.push(`${fault}: ${why}`);
      },
      refused: ({ why, isUnverified }) => void this.faults.push(`${isUnverified ? "unverified" : "refused"}: ${why}`),
    });
    this.secure.adopt(state);
    const dials = new Map([[LISTENER, { from: undefined, secure: this.secure }]]);
    this.connections = new Connections(new Exchange(start, this.#words, () => undefined), all, this.#words, dials);
  }

  /** Puts another state into force, as the stream worker does. */
  adopt(state: TlsState): void {
    this.secure.adopt(state);
    this.connections.aliases.renew();
  }

  count(name: StreamCounter): number {
    return this.#words[streamCounter(name)]!;
  }

  /** Listens, as if whoever connects had been held for so many milliseconds; returns the port. */
  async listens(heldFor = 0): Promise<{ server: Server; port: number }> {
    const server = createServer({ noDelay: true }, (socket) => this.secure.accept(LISTENER, socket, heldFor));
    return { server, port: await portOf(server) };
  }

  /** Sends to who has to prove `identity` (0: nobody in particular). */
  send(text: string, port: number, identity: number): void {
    this.sendBy(text, port, identity === 0 ? 0 : identityWord(identity, 0));
  }

  /** Sends to an endpoint with this word (bridge/way-back.ts). */
  sendBy(text: string, port: number, word: number): void {
    const peer = new Int32Array(ENDPOINT_WORDS);
    parseEndpoint("127.0.0.1", port, peer, 0);
    peer[5] = word;
    const bytes = Buffer.from(text, "latin1");
    this.connections.send(0, LISTENER, peer, bytes, 0, bytes.length);
    this.connections.flush();
  }

  /** The next record for the worker, and the port and the word of its peer. */
  async next(): Promise<{ kind: number; text: string; port: number; word: number }> {
    await untilNext(this.ring);
    const { kind, bytes, start, end, peer } = this.ring;
    const found = { kind, text: bytes.toString("latin1", start, end), port: peer[4]!, word: peer[5]! };
    this.ring.take();
    return found;
  }
}

/** Listens on a free port of 127.0.0.1; the port. */
export async function portOf(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A profile with this certificate for lb.example.com, and `ca` for those whom it signed. */
export function profileWith(
  ca: string,
  own: { readonly cert: string; readonly key: string },
  more: Partial<TlsProfile> = {},
): TlsProfile {
  return {
    name: "default",
    certificates: [{ ...own, passphrase: "", names: ["lb.example.com"] }],
    ca,
    crl: [],
    clientCertificate: "none",
    connectionReuse: false,
    verify: true,
    minimumVersion: "TLSv1.2",
    ciphers: "",
    ...more,
  };
}

/** A profile in force on the listener; destinations have to be the hosts, by number from 1 on. */
export function stateOf(profile: TlsProfile, hosts: readonly string[] = []): TlsState {
  const identities = ["", ...hosts].map((host) => ({ profile: 0, host }));
  return { profiles: [profile], listeners: [-1, 0], identities };
}

/** Connects as a client that believes everybody; resolves with the socket once it is secure, or with why it is not. */
export function tries(port: number, options: ConnectionOptions = {}): Promise<TLSSocket | string> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
    socket.once("secureConnect", () => resolve(socket));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
