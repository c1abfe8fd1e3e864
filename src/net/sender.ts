// Sending for one plane: the outbox's runs of one listener go out with one sendmmsg each, in their order.
import { CROWD, MAX_DATAGRAM, type Outbox } from "./batch.ts";
import { writePacketInfo } from "./control.ts";
import { ENDPOINT_WORDS } from "./endpoint.ts";
import {
  CONTROL_BYTES,
  IOVEC_BYTES,
  Memory,
  MMSGHDR_BYTES,
  NAME_BYTES,
  nameBytes,
  POLLFD_BYTES,
  pollEvents,
  setNameLength,
  wireControl,
  wireHeader,
  wireIovec,
  writeName,
  writePollfd,
} from "./layout.ts";
import { Errno, type Libc, MSG_DONTWAIT, MSG_NOSIGNAL, PathMtu, POLLOUT, SocketOption } from "./libc.ts";
import type { PlaneCounts } from "./plane.ts";
import type { Refusals } from "./refusals.ts";
import type { RefusedPeers } from "./refused-peers.ts";
import { TrainWires } from "./train-wires.ts";
import { Trains } from "./trains.ts";
import type { UdpSocket } from "./udp-socket.ts";

/** So many ICMP errors of other datagrams may be reported while one datagram is to be sent; more would be a socket gone mad. */
const REPORTS = 32;
/** While a socket's buffer is full, one flush waits at most this often, this long (milliseconds). */
const WAITS = 4;
const WAIT = 5;

/** What a refused train teaches: its datagrams are too long for the path, or the way out cannot cut anything up. */
function learn(socket: UdpSocket, error: number, length: number, counts: PlaneCounts): void {
  if (error === Errno.EMSGSIZE || error === Errno.EINVAL) socket.longestInTrain = length - 1;
  else if (error === Errno.EIO) socket.longestInTrain = 0;
  else return;
  if (!socket.hasLearnt) counts.withoutTrains++;
  socket.hasLearnt = true;
}

/** The sendmmsg of a plane. */
export class Sender {
  readonly #libc: Libc;
  readonly #sockets: readonly (UdpSocket | undefined)[];
  readonly #counts: PlaneCounts;
  readonly #refusals: Refusals;
  readonly #bytesAt: number;
  readonly #headers: Memory;
  readonly #iovecs: Memory;
  readonly #names: Memory;
  readonly #controls: Memory;
  /** By datagram: bytes of its control messages. */
  readonly #controlBytes: Uint8Array;
  readonly #trains: Trains;
  readonly #wires: TrainWires;
  readonly #pollfd: Memory;
  readonly #option: Memory;
  #waitsLeft = 0;

  /** `sockets` by listener; what goes to `refused` goes in no trains. */
  constructor(
    libc: Libc,
    sockets: readonly (UdpSocket | undefined)[],
    outbox: Outbox,
    counts: PlaneCounts,
    refusals: Refusals,
    refused: RefusedPeers,
  ) {
    const places = outbox.start.length;
    this.#libc = libc;
    this.#sockets = sockets;
    this.#counts = counts;
    this.#refusals = refusals;
    this.#bytesAt = libc.addressOf(outbox.bytes.buffer as ArrayBuffer) + outbox.bytes.byteOffset;
    this.#headers = new Memory(libc, places * MMSGHDR_BYTES);
    this.#iovecs = new Memory(libc, places * IOVEC_BYTES);
    this.#names = new Memory(libc, places * NAME_BYTES);
    this.#controls = new Memory(libc, places * CONTROL_BYTES);
    this.#controlBytes = new Uint8Array(places);
    this.#trains = new Trains(places, refused);
    this.#wires = new TrainWires(libc, places);
    this.#pollfd = new Memory(libc, POLLFD_BYTES);
    this.#option = new Memory(libc, 8);
    for (let i = 0; i < places; i++) {
      wireHeader(this.#headers, i, this.#names.address + i * NAME_BYTES, 0, this.#iovecs.address + i * IOVEC_BYTES);
    }
  }

  /** Sends everything in the outbox; what cannot be sent is counted. Does not empty the outbox (its `flush` does). */
  send(outbox: Outbox): void {
    this.#waitsLeft = WAITS;
    let i = 0;
    while (i < outbox.count) {
      const socket = this.#sockets[outbox.listener[i]!];
      if (socket === undefined) {
        this.#passOn(outbox, i++);
        continue;
      }
      if (!this.#prepare(outbox, i, socket)) {
        this.#counts.unsent++;
        i++;
        continue;
      }
      let end = i + 1;
      while (end < outbox.count && outbox.listener[end] === socket.listener && this.#prepare(outbox, end, socket))
        end++;
      if (end - i >= CROWD && socket.longestInTrain > 0) this.#sendTrains(outbox, socket, i, end);
      else this.#sendRun(outbox, socket, i, end);
      i = end;
    }
  }

  /** As `#sendRun`, in trains. What the system does not take as a train goes datagram by datagram. */
  #sendTrains(outbox: Outbox, socket: UdpSocket, from: number, to: number): void {
    const trains = this.#trains;
    trains.sort(outbox, from, to, socket.longestInTrain);
    this.#wires.wire(
      trains,
      outbox,
      from,
      to,
      this.#bytesAt,
      this.#names,
      nameBytes(socket.isV6),
      this.#controls,
      this.#controlBytes,
    );
    let train = 0;
    let retried = -1;
    while (train < trains.count) {
      const headersAt = this.#wires.headerAt(train);
      const sent = this.#libc.sendmmsg(socket.fd, headersAt, trains.count - train, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent > 0) {
        for (const end = train + sent; train < end; train++) {
          if (trains.members[train]! > 1) this.#counts.inTrains += trains.members[train]!;
        }
        continue;
      }
      const error = this.#libc.errno();
      if (error === Errno.EINTR) continue;
      socket.isSuspect = true;
      // The first failure may be about an earlier datagram, as in `#sendRun`, and teaches nothing about this one.
      if (retried !== train) {
        retried = train;
        continue;
      }
      if (trains.members[train]! > 1) learn(socket, error, trains.length[train]!, this.#counts);
      for (let i = from; i < to; i++) if (trains.trainOf[i] === train) this.#sendRun(outbox, socket, i, i + 1);
      train++;
    }
  }

  #passOn(outbox: Outbox, i: number): void {
    if (outbox.passOn(outbox, i)) return;
    this.#counts.unsent++;
    this.#refusals.add(outbox, i, true);
  }

  #prepare(outbox: Outbox, i: number, socket: UdpSocket): boolean {
    const start = outbox.start[i]!;
    const length = outbox.end[i]! - start;
    const at = i * ENDPOINT_WORDS;
    if (length > MAX_DATAGRAM || outbox.peer[at + 4] === 0) return false;
    if (!writeName(this.#names.words, (i * NAME_BYTES) >> 2, socket.isV6, outbox.peer, at)) return false;
    wireIovec(this.#iovecs.words, i, this.#bytesAt + start, length);
    setNameLength(this.#headers.words, i, nameBytes(socket.isV6));
    if (socket.isWildcard || this.#controlBytes[i] !== 0) this.#prepareLocal(outbox, i, socket);
    return true;
  }

  #prepareLocal(outbox: Outbox, i: number, socket: UdpSocket): void {
    let length = 0;
    if (socket.isWildcard) {
      const scope = outbox.peer[i * ENDPOINT_WORDS + 5]!;
      length = writePacketInfo(this.#controls.words, (i * CONTROL_BYTES) >> 2, socket.isV6, outbox.local, i * 4, scope);
    }
    wireControl(this.#headers, i, length === 0 ? 0 : this.#controls.address + i * CONTROL_BYTES, length);
    this.#controlBytes[i] = length;
  }

  #sendRun(outbox: Outbox, socket: UdpSocket, from: number, to: number): void {
    let at = from;
    let retried = -1;
    let reports = REPORTS;
    while (at < to) {
      const headersAt = this.#headers.address + at * MMSGHDR_BYTES;
      const sent = this.#libc.sendmmsg(socket.fd, headersAt, to - at, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent > 0) {
        at += sent;
        continue;
      }
      const error = this.#libc.errno();
      if (error === Errno.EINTR) continue;
      if (error === Errno.EAGAIN || error === Errno.ENOBUFS || error === Errno.ENOMEM) {
        if (this.#wait(socket.fd)) continue;
      } else if (error === Errno.EMSGSIZE && !socket.isV6 && this.#sendFragmented(socket.fd, headersAt)) {
        at++;
        continue;
      } else if (retried !== at || (error === Errno.ECONNREFUSED && reports-- > 0)) {
        // The first failure may be an earlier datagram's ICMP error, reported here; it is cleared by now. A refusal is never
        // about this datagram: the socket is not connected. Another worker's reports come here too, and meanwhile.
        retried = at;
        socket.isSuspect = true;
        continue;
      } else this.#refusals.add(outbox, at, false);
      this.#counts.unsent++;
      at++;
    }
  }

  /** Sends one datagram that is larger than the path's packets; false when it cannot go out in pieces either. */
  #sendFragmented(fd: number, headerAt: number): boolean {
    const [level, name] = SocketOption.pathMtu;
    this.#option.words[0] = PathMtu.fragment;
    this.#libc.setsockopt(fd, level, name, this.#option.address, 4);
    const sent = this.#libc.sendmmsg(fd, headerAt, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    this.#option.words[0] = PathMtu.never;
    this.#libc.setsockopt(fd, level, name, this.#option.address, 4);
    return sent === 1;
  }

  /** Waits for room; false when this flush has waited enough. */
  #wait(fd: number): boolean {
    if (this.#waitsLeft === 0) return false;
    this.#waitsLeft--;
    writePollfd(this.#pollfd, fd, POLLOUT);
    this.#libc.poll(this.#pollfd.address, 1, WAIT);
    // Writable but out of device buffers (ENOBUFS), or woken by an error report: only time helps.
    if (pollEvents(this.#pollfd) !== POLLOUT) this.#libc.poll(0, 0, 1);
    return true;
  }
}
