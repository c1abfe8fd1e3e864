import assert from "node:assert/strict";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { describe, it } from "node:test";
import { EchoWord, EchoWorker, libcOrThrow } from "../../test/kit/echo-plane.ts";
import { leastOf } from "../../test/kit/least-of.ts";
import { openBell } from "./bell.ts";
import { chooseIo } from "./io.ts";
import type { ListenAddress } from "./listen.ts";
import { closeSockets, openUdpSockets } from "./sockets.ts";

// Small datagrams often, huge ones seldom: 1,000 in all.
const SIZES = [0, 1, 500, 1_500, 500, 9_000, 1, 500, 65_507, 0];
const ECHOES = 1_000;
/** Of what has to be quick, the quickest counts: a busy machine makes some of them late. */
const TRIES = 3;
const batched = chooseIo("batched");

for (const io of ["batched", "portable"] as const) {
  const skip = io === "batched" && batched.io !== "batched" ? batched.reason : false;
  describe(`the ${io} plane`, { skip }, () => {
    for (const host of ["127.0.0.1", "::1"]) {
      it(`echoes ${ECHOES} datagrams of 0 to 65,507 bytes in order over ${host}`, async () => {
        await using echo = await startEcho(io, [{ host, port: 0 }]);
        await using client = await Client.open(host);
        await client.exchange(echo.ports[0]!, host, ECHOES, 8);
      });
    }

    it("answers from the listener that was addressed", async () => {
      const listeners = ["127.0.0.1", "127.0.0.3", "::1"].map((host) => ({ host, port: 0 }));
      await using echo = await startEcho(io, listeners);
      for (const [i, { host }] of listeners.entries()) {
        await using client = await Client.open(host);
        await client.exchange(echo.ports[i]!, host, 20, 4);
      }
      assert.equal(echo.read(EchoWord.received), 60);
    });

    it("takes a burst of datagrams without losing one", async () => {
      await using echo = await startEcho(io, [{ host: "127.0.0.1", port: 0 }]);
      await using client = await Client.open("127.0.0.1");
      // A system that grants no large buffer (net.core.rmem_max) holds fewer.
      const burst = client.socket.getRecvBufferSize() >= 1 << 20 ? 500 : 100;
      for (let i = 0; i < burst; i++) client.send(Buffer.alloc(300, i), echo.ports[0]!, "127.0.0.1");
      await client.until(burst);
      assert.equal(echo.read(EchoWord.unsent), 0);
    });

    it("drops and counts a datagram that is larger than any over IPv4", async () => {
      await using echo = await startEcho(io, [{ host: "::1", port: 0 }]);
      await using client = await Client.open("::1");
      client.send(Buffer.alloc(65_520), echo.ports[0]!, "::1");
      client.send(Buffer.alloc(65_507), echo.ports[0]!, "::1");
      await client.until(1);
      assert.equal(client.got[0]!.bytes.length, 65_507);
      await echo.until(EchoWord.oversized, 1);
    });

    it("shares a port between two workers", async () => {
      const first = await startEcho(io, [{ host: "127.0.0.1", port: 0 }], 2);
      await using echo = first;
      const clients = await Promise.all(Array.from({ length: 32 }, () => Client.open("127.0.0.1")));
      for (const client of clients) client.send(Buffer.from("x"), echo.ports[0]!, "127.0.0.1");
      await Promise.all(clients.map((client) => client.until(1)));
      for (const client of clients) await client[Symbol.asyncDispose]();
      assert.equal(echo.read(EchoWord.received), 32);
    });

    it("is woken by its bell within 5 ms", async (t) => {
      await using echo = await startEcho(io, [{ host: "127.0.0.1", port: 0 }]);
      const p50 = await leastOf(TRIES, 5, async () => {
        const times: number[] = [];
        for (let i = 0; i < 50; i++) {
          await echo.until(EchoWord.sleeping, 1);
          await pause(2);
          times.push(echo.ringAndWait());
        }
        times.sort((a, b) => a - b);
        t.diagnostic(`bell to tick: p50 ${times[25]!.toFixed(3)} ms, p90 ${times[45]!.toFixed(3)} ms`);
        return times[25]!;
      });
      assert.ok(p50 < 5, `p50 ${p50} ms`);
    });

    it("stops within 200 ms without being woken", async () => {
      const took: number[] = [];
      for (let i = 0; i < TRIES; i++) {
        const echo = await startEcho(io, [{ host: "127.0.0.1", port: 0 }]);
        await echo.until(EchoWord.sleeping, 1);
        took.push(...(await echo.stop()));
      }
      assert.ok(Math.min(...took) < 200, `${took} ms`);
    });

    it("names address and port when the port is taken", async () => {
      await using holder = await Client.open("127.0.0.1");
      const { port } = holder.socket.address();
      await assert.rejects(
        startEcho(io, [{ host: "127.0.0.1", port }]),
        new RegExp(`127\\.0\\.0\\.1:${port}: .*EADDRINUSE`),
      );
    });
  });
}

describe("a batched worker that dies", { skip: batched.io !== "batched" && batched.reason }, () => {
  it("is gone within 200 ms, and its replacement takes the sockets over without losing a datagram", async () => {
    const libc = libcOrThrow();
    const listeners = [{ host: "127.0.0.1", port: 0 }];
    const opened = openUdpSockets(libc, listeners, 1, 1 << 22);
    assert.ok(opened.ok);
    const { ports, workers } = opened.sockets;
    const bell = openBell(libc);
    const start = { io: "batched", sockets: workers[0]!, bell, listeners, shared: false } as const;
    const first = new EchoWorker(start);
    await first.ready();
    await using client = await Client.open("127.0.0.1");
    client.send(Buffer.from("to the first"), ports[0]!, "127.0.0.1");
    await client.until(1);
    const took = [await first.terminate()];
    for (let i = 1; i < TRIES; i++) {
      const other = new EchoWorker(start);
      await other.ready();
      took.push(await other.terminate());
    }
    assert.ok(Math.min(...took) < 200, `${took} ms`);
    for (let i = 0; i < 100; i++) client.send(Buffer.from(`while nobody is there ${i}`), ports[0]!, "127.0.0.1");
    const second = new EchoWorker(start);
    await second.ready();
    await client.until(101);
    assert.equal(client.got[100]!.bytes.toString(), "while nobody is there 99");
    await second.stop();
    closeSockets(libc, opened.sockets);
    libc.close(bell);
  });
});

/** Echo workers behind one set of listeners. */
class EchoServer {
  readonly ports: readonly number[];
  readonly #workers: readonly EchoWorker[];
  readonly #close: () => void;

  constructor(ports: readonly number[], workers: readonly EchoWorker[], close: () => void) {
    this.ports = ports;
    this.#workers = workers;
    this.#close = close;
  }

  /** A word summed over the workers. */
  read(word: number): number {
    return this.#workers.reduce((sum, { words }) => sum + Atomics.load(words, word), 0);
  }

  async until(word: number, value: number): Promise<void> {
    // What was seen once counts: a worker that sleeps wakes now and then.
    let seen = this.read(word);
    for (let i = 0; i < 5_000 && seen < value; i++) {
      await pause(2);
      seen = this.read(word);
    }
    assert.equal(seen, value);
  }

  /** Milliseconds from the bell to the first worker's next tick. */
  ringAndWait(): number {
    const worker = this.#workers[0]!;
    const ticks = Atomics.load(worker.words, EchoWord.ticks);
    const from = performance.now();
    worker.ring();
    Atomics.wait(worker.words, EchoWord.ticks, ticks, 1_000);
    return performance.now() - from;
  }

  async stop(): Promise<number[]> {
    const times = await Promise.all(this.#workers.map((worker) => worker.stop()));
    this.#close();
    return times;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

async function startEcho(
  io: "batched" | "portable",
  listeners: readonly ListenAddress[],
  count = 1,
): Promise<EchoServer> {
  if (io === "portable") {
    const first = new EchoWorker({ io, sockets: [], bell: -1, listeners, shared: count > 1 });
    await first.ready();
    const bound = listeners.map(({ host }, i) => ({ host, port: first.ports[i]! }));
    const others = Array.from(
      { length: count - 1 },
      () => new EchoWorker({ io, sockets: [], bell: -1, listeners: bound, shared: true }),
    );
    await Promise.all(others.map((worker) => worker.ready()));
    return new EchoServer(first.ports, [first, ...others], () => undefined);
  }
  const libc = libcOrThrow();
  const opened = openUdpSockets(libc, listeners, count, 1 << 22);
  if (!opened.ok) throw new Error(opened.problem);
  const { sockets } = opened;
  const bells = sockets.workers.map(() => openBell(libc));
  const workers = sockets.workers.map(
    (own, i) => new EchoWorker({ io, sockets: own, bell: bells[i]!, listeners, shared: count > 1 }),
  );
  await Promise.all(workers.map((worker) => worker.ready()));
  return new EchoServer(sockets.ports, workers, () => {
    closeSockets(libc, sockets);
    for (const bell of bells) libc.close(bell);
  });
}

/** A dgram socket that remembers what it got. */
class Client {
  readonly socket: Socket;
  readonly got: { readonly bytes: Buffer; readonly from: RemoteInfo }[] = [];
  #onGot: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("message", (bytes, from) => {
      this.got.push({ bytes, from });
      this.#onGot();
    });
  }

  static async open(host: string): Promise<Client> {
    const socket = createSocket({
      type: host.includes(":") ? "udp6" : "udp4",
      recvBufferSize: 1 << 22,
      sendBufferSize: 1 << 22,
    });
    await new Promise<void>((resolve) => socket.bind({ address: host, port: 0, exclusive: true }, resolve));
    return new Client(socket);
  }

  send(bytes: Buffer, port: number, host: string): void {
    this.socket.send(bytes, port, host);
  }

  async until(count: number): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (this.got.length < count && performance.now() < deadline) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#onGot = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    assert.equal(this.got.length, count);
  }

  /** Sends `count` datagrams of SIZES, `window` at a time, and checks every echo. */
  async exchange(port: number, host: string, count: number, window: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      if (i >= window) await this.until(Math.max(this.got.length, i - window + 1));
      this.send(datagram(i), port, host);
    }
    await this.until(count);
    for (const [i, { bytes, from }] of this.got.entries()) {
      assert.ok(bytes.equals(datagram(i)), `datagram ${i}`);
      assert.equal(from.port, port);
      assert.equal(from.address, host);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.socket.close(resolve));
  }
}

function datagram(i: number): Buffer {
  const bytes = Buffer.alloc(SIZES[i % SIZES.length]!, i);
  if (bytes.length >= 4) bytes.writeInt32LE(i);
  return bytes;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
