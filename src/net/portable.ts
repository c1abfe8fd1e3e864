// The plane over node:dgram: slower, without ICMP errors and packet info, but it runs wherever Node does, and on the main
// thread too (workers: 0).

import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { BATCH, Inbox, MAX_DATAGRAM, Outbox } from "./batch.ts";
import { formatPeer, parsePeer } from "./dgram-address.ts";
import { ENDPOINT_WORDS, isV4, parseEndpoint } from "./endpoint.ts";
import { explainBindCode, type ListenAddress } from "./listen.ts";
import { noCounts, type Plane, type PlaneCounts, type PlaneHandler } from "./plane.ts";
import { Refusals } from "./refusals.ts";
import { isStream } from "./transport.ts";

/** Longest sleep, in milliseconds, whatever `tick` asked for. */
const LONGEST_SLEEP = 100;

/** How sockets are opened: shared with other workers (SO_REUSEPORT) or not, and the receive buffer to ask for, in bytes. */
export interface PortableOptions {
  readonly shared: boolean;
  readonly receiveBuffer: number;
}

/** The plane, or what went wrong in one sentence with the address in it. */
export type PortableResult =
  | { readonly ok: true; readonly plane: PortablePlane }
  | { readonly ok: false; readonly problem: string };

/** Binds one socket per UDP listener. On failure everything is closed again. */
export async function openPortable(
  listeners: readonly ListenAddress[],
  options: PortableOptions,
): Promise<PortableResult> {
  const sockets: (Socket | null)[] = [];
  for (const listener of listeners) {
    const opened = isStream(listener.transport ?? "udp") ? null : await open(listener, options);
    if (typeof opened === "string") {
      for (const socket of sockets) socket?.close();
      return { ok: false, problem: opened };
    }
    sockets.push(opened);
  }
  return { ok: true, plane: new PortablePlane(sockets) };
}

/**
 * Whether every port is free, before workers share them: SO_REUSEPORT would let us join another process's port in
 * silence. Returns a problem or "".
 */
export async function probePorts(listeners: readonly ListenAddress[]): Promise<string> {
  const opened = await openPortable(
    listeners.filter(({ port }) => port !== 0),
    { shared: false, receiveBuffer: 0 },
  );
  if (!opened.ok) return opened.problem;
  await opened.plane.close();
  return "";
}

function open({ host, port }: ListenAddress, options: PortableOptions): Promise<Socket | string> {
  const where = new Int32Array(ENDPOINT_WORDS);
  if (!parseEndpoint(host, port, where, 0)) {
    return Promise.resolve(`cannot listen on ${host}: not a numeric address`);
  }
  const isV6 = !isV4(where, 0);
  const socket = createSocket({
    type: isV6 ? "udp6" : "udp4",
    ipv6Only: isV6,
    reusePort: options.shared,
    // Every address we send to is numeric: nothing is ever looked up.
    lookup: (name, _options, callback) => callback(null, name, isV6 ? 6 : 4),
  });
  return new Promise((resolve) => {
    socket.once("error", (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(explainBindCode("udp", where, error.code ?? error.message));
    });
    socket.bind({ address: host.replace(/^\[(.*)\]$/, "$1"), port, exclusive: true }, () => {
      socket.removeAllListeners("error");
      if (options.receiveBuffer > 0) {
        try {
          socket.setRecvBufferSize(options.receiveBuffer);
          socket.setSendBufferSize(options.receiveBuffer);
        } catch {
          // The system refuses sizes above its limit; receiveBuffer tells what there is.
        }
      }
      resolve(socket);
    });
  });
}

/** One thread's dgram sockets; made by `openPortable`. */
export class PortablePlane implements Plane {
  readonly inbox: Inbox = new Inbox();
  readonly outbox: Outbox = new Outbox((outbox) => this.#send(outbox));
  readonly counts: PlaneCounts = noCounts();
  /** By listener: the port it is bound to; 0 where it is none of UDP. */
  readonly ports: readonly number[];
  /** Smallest receive buffer that the system granted, in bytes as asked. */
  readonly receiveBuffer: number;
  readonly #sockets: readonly (Socket | null)[];
  readonly #refusals: Refusals = new Refusals();
  readonly #isV6: readonly boolean[];
  #handler: PlaneHandler | null = null;
  #waiting = 0;
  #immediate: NodeJS.Immediate | null = null;
  #timer: NodeJS.Timeout | null = null;
  #due = 0;
  #asleep = false;
  #stopped = false;
  readonly #onTurn: () => void = () => this.#turn();
  readonly #onTimer: () => void = () => {
    this.#timer = null;
    this.#turn();
  };
  readonly #onSent: (error: Error | null) => void = (error) => {
    if (error !== null) this.counts.unsent++;
  };

  /** `sockets` by listener; null for a listener that has none here. */
  constructor(sockets: readonly (Socket | null)[]) {
    this.#sockets = sockets;
    this.#isV6 = sockets.map((socket) => socket?.address().family === "IPv6");
    this.ports = sockets.map((socket) => socket?.address().port ?? 0);
    // Linux reports twice what it grants.
    const share = process.platform === "linux" ? 2 : 1;
    this.receiveBuffer = 0x7fffffff;
    for (const [listener, socket] of sockets.entries()) {
      if (socket === null) continue;
      this.receiveBuffer = Math.min(this.receiveBuffer, Math.floor(socket.getRecvBufferSize() / share));
      socket.on("message", (bytes, from) => this.#receive(listener, bytes, from));
      // Errors on receiving concern one datagram that is lost anyway.
      socket.on("error", () => undefined);
    }
  }

  /** Starts calling `handler`; returns at once. What arrived before is lost. */
  run(handler: PlaneHandler): void {
    this.#handler = handler;
    this.wake();
  }

  /** Runs a turn soon: a ring was filled, a snapshot posted. */
  wake(): void {
    if (this.#immediate === null && !this.#stopped) this.#immediate = setImmediate(this.#onTurn);
  }

  /** Closes the sockets and lets the event loop end. */
  stop(): void {
    if (this.#stopped) return;
    this.outbox.flush();
    this.#stopped = true;
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const socket of this.#sockets) socket?.close();
  }

  /** `stop`, and waits until the ports are free. */
  async close(): Promise<void> {
    const closed = this.#sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          if (socket === null) resolve();
          else socket.once("close", resolve);
        }),
    );
    this.stop();
    await Promise.all(closed);
  }

  #receive(listener: number, bytes: Buffer, from: RemoteInfo): void {
    if (this.#handler === null || this.#stopped) return;
    if (bytes.length > MAX_DATAGRAM) {
      this.counts.oversized++;
      return;
    }
    const { inbox } = this;
    const i = this.#waiting;
    if (!parsePeer(from.address, from.port, inbox.peer, i * ENDPOINT_WORDS)) return;
    const start = inbox.start[i]!;
    bytes.copy(inbox.bytes, start);
    inbox.end[i] = start + bytes.length;
    inbox.listener[i] = listener;
    this.#waiting = i + 1;
    if (this.#waiting === BATCH) this.#turn();
    else this.wake();
  }

  #turn(): void {
    const handler = this.#handler;
    if (handler === null || this.#stopped) return;
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#immediate = null;
    if (this.#asleep) {
      this.#asleep = false;
      handler.disarm();
    }
    const count = this.#waiting;
    this.#waiting = 0;
    if (count > 0) handler.receive(count);
    const wait = handler.tick();
    this.outbox.flush();
    const refused = this.#refusals.deliver(handler);
    this.counts.unreachable += refused;
    this.#sleep(handler, refused > 0 ? 0 : wait);
  }

  #sleep(handler: PlaneHandler, wait: number): void {
    if (this.#stopped) return;
    if (wait <= 0 || !handler.arm()) {
      handler.disarm();
      this.wake();
      return;
    }
    this.#asleep = true;
    const milliseconds = Math.min(Math.ceil(wait), LONGEST_SLEEP);
    const due = performance.now() + milliseconds;
    // A timer that rings early costs a turn; moving it on every datagram would cost more.
    if (this.#timer !== null && this.#due <= due) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(this.#onTimer, milliseconds);
  }

  #send(outbox: Outbox): void {
    for (let i = 0; i < outbox.count; i++) {
      const at = i * ENDPOINT_WORDS;
      const listener = outbox.listener[i]!;
      const socket = this.#sockets[listener];
      const port = outbox.peer[at + 4]!;
      const length = outbox.end[i]! - outbox.start[i]!;
      if (socket === null) {
        if (outbox.passOn(outbox, i)) continue;
        this.#refusals.add(outbox, i, true);
        this.counts.unsent++;
        continue;
      }
      if (
        socket === undefined ||
        this.#stopped ||
        port === 0 ||
        length > MAX_DATAGRAM ||
        isV4(outbox.peer, at) === this.#isV6[listener]
      ) {
        this.counts.unsent++;
        continue;
      }
      // libuv may keep the bytes until the socket is writable, and the outbox is filled again at once: a copy.
      const copy = Buffer.allocUnsafe(length);
      outbox.bytes.copy(copy, 0, outbox.start[i], outbox.end[i]);
      socket.send(copy, 0, length, port, formatPeer(outbox.peer, at), this.#onSent);
    }
  }
}
