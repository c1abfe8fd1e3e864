// The generator's TCP connections: made by Node, then read and written with plain system calls, so that the generator costs
// less than the balancer that it loads.
import { connect, createServer, type Socket } from "node:net";
import { BATCH, Inbox, Outbox } from "../../src/net/batch.ts";
import { ENDPOINT_WORDS } from "../../src/net/endpoint.ts";
import type { Libc } from "../../src/net/libc.ts";
import { CALLER_HOST, DESTINATION_HOSTS } from "./messages.ts";
import type { CallerSource, DestinationSource, Wire } from "./wire.ts";

const READ_BYTES = 1 << 18;
const WRITE_BYTES = 1 << 22;
/** struct pollfd: a descriptor, and what is waited for. */
const POLL_BYTES = 8;
const POLL_EVENTS = 4;
const POLLIN = 1;
const PATIENCE_MS = 60_000;
const HEADERS_END = Buffer.from("\r\n\r\n");
const CONTENT_LENGTH = Buffer.from("\r\nContent-Length: ");

/** One connection: what has come of the next message, and what the kernel did not take yet. */
class Connection {
  readonly socket: number;
  readonly port: number;
  readonly destination: number;
  readonly fd: number;
  readonly #libc: Libc;
  readonly #inbox: Inbox;
  readonly #inboxAt: number;
  readonly #rest = Buffer.alloc(READ_BYTES);
  #restBytes = 0;
  readonly #out: Buffer = Buffer.from(new ArrayBuffer(WRITE_BYTES));
  readonly #outAt: number;
  #outBytes = 0;

  constructor(libc: Libc, inbox: Inbox, node: Socket, socket: number, destination: number) {
    this.#libc = libc;
    this.fd = fdOf(node);
    this.#inbox = inbox;
    this.#inboxAt = libc.addressOf(inbox.bytes.buffer as ArrayBuffer) + inbox.bytes.byteOffset;
    this.#outAt = libc.addressOf(this.#out.buffer as ArrayBuffer);
    this.socket = socket;
    this.port = node.localPort ?? 0;
    this.destination = destination;
  }

  /** Whole messages from the start of the inbox; what is left of the last one is kept for the next time. */
  receive(): number {
    if (this.#outBytes > 0) this.flush();
    const inbox = this.#inbox;
    const { bytes } = inbox;
    let kept = this.#restBytes;
    if (kept > 0) this.#rest.copy(bytes, 0, 0, kept);
    // With a full memory there is nothing to be read into, which looks like the end.
    const got = kept < READ_BYTES ? this.#libc.read(this.fd, this.#inboxAt + kept, READ_BYTES - kept) : -1;
    if (got === 0) throw new Error("the balancer closed a connection");
    if (got > 0) kept += got;
    else if (kept === 0) return 0;
    let count = 0;
    let at = 0;
    while (count < BATCH) {
      const headersEnd = bytes.indexOf(HEADERS_END, at);
      if (headersEnd < 0 || headersEnd >= kept) break;
      const lengthAt = bytes.indexOf(CONTENT_LENGTH, at) + CONTENT_LENGTH.length;
      let length = 0;
      for (let i = lengthAt; bytes[i]! >= 0x30 && bytes[i]! <= 0x39; i++) length = length * 10 + bytes[i]! - 0x30;
      const end = headersEnd + HEADERS_END.length + length;
      if (end > kept) break;
      inbox.start[count] = at;
      inbox.end[count++] = end;
      at = end;
    }
    this.#restBytes = kept - at;
    if (this.#restBytes > 0) bytes.copy(this.#rest, 0, at, kept);
    return count;
  }

  add(bytes: Buffer, start: number, end: number): void {
    if (this.#outBytes + end - start > WRITE_BYTES) throw new Error("the balancer does not read");
    bytes.copy(this.#out, this.#outBytes, start, end);
    this.#outBytes += end - start;
  }

  flush(): void {
    if (this.#outBytes === 0) return;
    const sent = this.#libc.write(this.fd, this.#outAt, this.#outBytes);
    if (sent <= 0) return;
    this.#out.copyWithin(0, sent, this.#outBytes);
    this.#outBytes -= sent;
  }
}

/** Listens for the balancer's connections, and makes `count` to it; waits until it is there. */
export async function openStreams(
  libc: Libc,
  balancerPort: number,
  destinationPort: number,
  count: number,
): Promise<Wire> {
  const inbox = new Inbox();
  const connections: Connection[] = [];
  const destinations: DestinationSource[] = [];
  const outbox = new Outbox((full) => {
    for (let i = 0; i < full.count; i++) connections[full.listener[i]!]!.add(full.bytes, full.start[i]!, full.end[i]!);
    for (const connection of connections) connection.flush();
  });
  const add = (socket: Socket, destination: number) => {
    const connection = new Connection(libc, inbox, socket, connections.length, destination);
    connections.push(connection);
    return connection;
  };
  for (const [i, host] of DESTINATION_HOSTS.entries()) {
    const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => destinations.push(add(socket, i)));
    await new Promise<void>((resolve) => server.listen(destinationPort, host, resolve));
  }
  const callers: CallerSource[] = [];
  for (let i = 0; i < count; i++) callers.push(add(await reach(balancerPort), -1));
  let polled = polledOf(connections);
  const sleep = (milliseconds: number) => {
    // The balancer makes more of them while it runs.
    if (polled.byteLength !== connections.length * POLL_BYTES) polled = polledOf(connections);
    libc.poll(libc.addressOf(polled), connections.length, milliseconds);
  };
  return { transport: "tcp", inbox, outbox, callers, destinations, balancer: new Int32Array(ENDPOINT_WORDS), sleep };
}

/** An array of struct pollfd that waits for something to read from any of them. */
function polledOf(connections: readonly Connection[]): ArrayBuffer {
  const polled = new DataView(new ArrayBuffer(connections.length * POLL_BYTES));
  for (const [i, { fd }] of connections.entries()) {
    polled.setInt32(i * POLL_BYTES, fd, true);
    polled.setInt16(i * POLL_BYTES + POLL_EVENTS, POLLIN, true);
  }
  return polled.buffer;
}

async function reach(port: number): Promise<Socket> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; ) {
    const socket = connect({ host: "127.0.0.1", port, localAddress: CALLER_HOST, noDelay: true });
    socket.pause();
    const isThere = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    if (isThere) return socket;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`nobody listened within ${PATIENCE_MS / 1000} s`);
}

/** The descriptor of a connected socket. Node has no public name for it. */
function fdOf(socket: Socket): number {
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly fd: number } };
  if (handle === undefined || handle.fd < 0) throw new Error("a socket without a descriptor");
  return handle.fd;
}
