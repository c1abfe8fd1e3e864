import assert from "node:assert/strict";
import { getRandomValues } from "node:crypto";
import { createSocket } from "node:dgram";
import { describe, it } from "node:test";
import { Bench, RECEIVE_BUFFER } from "../../test/kit/batched-bench.ts";
import { runProgram } from "../../test/kit/bpf.ts";
import { libcOrThrow } from "../../test/kit/echo-plane.ts";
import { chooseIo } from "./io.ts";
import { type Libc, SocketOption } from "./libc.ts";
import { closeSockets, openUdpSockets } from "./sockets.ts";
import { SECRETS, steeringProgram } from "./steering.ts";

const choice = chooseIo("auto");
const skip = choice.io === "batched" ? false : choice.reason;
/** More than a receive buffer holds. */
const FLOOD = 4_000;
const PADDING = "x".repeat(1_000);
/** How what may begin something may begin. */
const BEGINNINGS = [
  "INVITE",
  "REGISTER",
  "OPTIONS",
  "SUBSCRIBE",
  "MESSAGE",
  "PUBLISH",
  "NOTIFY",
  "REFER",
  "INFO",
  "FOO",
];
const DISGUISES = [
  "\r\nINVITE",
  "\r\n\r\n\r\nINVITE",
  "\nINVITE",
  "\rINVITE",
  "invite",
  " INVITE",
  "ACKNOWLEDGE",
  "\0\x01\0\0",
];
const METHODS = [...BEGINNINGS, ...DISGUISES];
const FOLLOWERS = ["BYE ", "SIP/2.0 200", "ACK ", "PRACK ", "UPDATE "];

describe("queues apart", { skip }, () => {
  for (const host of ["127.0.0.1", "::1"]) {
    it(`a flood of new requests that fills its queue costs nothing else, and is read after it, over ${host}`, () => {
      using bench = new Bench([host, host], 1, libcOrThrow(), true);
      for (let i = 0; i < FLOOD; i++)
        bench.send(1, host, bench.ports[0]!, `${METHODS[i % METHODS.length]} ${i} ${PADDING}`);
      for (const text of FOLLOWERS) for (let i = 0; i < 20; i++) bench.send(1, host, bench.ports[0]!, `${text} ${i}`);
      bench.runUntil(
        () => bench.plane.counts.lostNew > 0 && bench.got.length + bench.plane.counts.lostNew === FLOOD + 100,
      );
      assert.equal(bench.plane.counts.lost, 0);
      const first = bench.got.slice(0, 100).filter(({ text }) => !text.includes(PADDING));
      assert.equal(first.length, 100);
      assert.ok(bench.got.every(({ listener }) => listener === 0));
    });

    it(`what may begin something waits with what does, however it is written, and CANCEL behind its INVITE, over ${host}`, () => {
      using bench = new Bench([host, host], 1, libcOrThrow(), true);
      const later = [...METHODS.map((method) => `${method} sip:bob@example.com`), "CANCEL sip:bob@example.com"];
      later.push("", "\n", "\r\n\r\n", "\0\x01\0\x08");
      for (const text of later) bench.send(1, host, bench.ports[0]!, text);
      for (const text of FOLLOWERS) bench.send(1, host, bench.ports[0]!, text);
      bench.runUntil(() => bench.got.length === later.length + FOLLOWERS.length);
      assert.deepEqual(
        bench.got.map(({ text }) => text),
        [...FOLLOWERS, ...later],
      );
    });

    it(`what is new is received although there is more and more of everything else, over ${host}`, () => {
      using bench = new Bench([host, host], 1, libcOrThrow(), true);
      bench.send(1, host, bench.ports[0]!, "INVITE sip:bob@example.com");
      for (let i = 0; i < 1_000; i++) bench.send(1, host, bench.ports[0]!, `BYE ${i}`);
      bench.runUntil(() => bench.got.length === 1_001);
      const at = bench.got.findIndex(({ text }) => text.startsWith("INVITE"));
      assert.ok(at > 0 && at <= 640, `after ${at} others`);
    });

    it(`workers that share a port get all that one sender sends, new or not, over ${host}`, async () => {
      using bench = new Bench([host], 3, libcOrThrow(), true);
      const texts = ["INVITE a", "BYE b", "SIP/2.0 200", "x", "\r\n\r\n", "CANCEL c"];
      const phones = await Promise.all(Array.from({ length: 24 }, () => phoneOn(host)));
      for (const phone of phones) for (const text of texts) await phone.send(text, bench.ports[0]!);
      const workersOf = new Map<string, Set<number>>();
      for (let worker = 0; worker < 3; worker++) {
        const before = bench.peers.length;
        bench.runUntilIdle(worker);
        for (const peer of bench.peers.slice(before))
          workersOf.set(peer, (workersOf.get(peer) ?? new Set()).add(worker));
      }
      for (const phone of phones) phone.close();
      assert.equal(bench.got.length, phones.length * texts.length);
      assert.equal(workersOf.size, phones.length);
      assert.ok([...workersOf.values()].every((workers) => workers.size === 1));
      assert.equal(new Set([...workersOf.values()].flatMap((workers) => [...workers])).size, 3, "all of them work");
    });
  }

  it("nobody can choose a worker by his address: any part of it may lead to another one, and which one differs from start to start", () => {
    const workers = 4;
    const programs = Array.from({ length: 64 }, () =>
      steeringProgram(workers, true, getRandomValues(new Uint32Array(SECRETS))),
    );
    const sender = Buffer.alloc(48);
    sender.writeUInt16BE(5060, 40);
    const [first] = programs;
    for (let half = 8; half < 24; half += 2) {
      const counts = new Array<number>(workers).fill(0);
      const starts = new Array<number>(workers).fill(0);
      for (let i = 0; i < 1_024; i++) {
        sender.writeUInt16BE(i, half);
        counts[runProgram(first!, sender, "BYE sip:a@b")]!++;
        if (i === 1_000) for (const program of programs) starts[runProgram(program, sender, "BYE sip:a@b")]!++;
      }
      assert.ok(
        counts.every((count) => count > 0),
        `the half word at ${half}: ${counts}`,
      );
      // 16 each; that one of the four has none or more than 40 happens once in three million runs.
      assert.ok(
        starts.every((count) => count > 0 && count < 40),
        `from start to start: ${starts}`,
      );
    }
  });

  it("a system that does not do that has one queue, and loses nothing", () => {
    const libc = libcOrThrow();
    const setsockopt: Libc["setsockopt"] = (fd, level, name, at, length) =>
      name === SocketOption.steering[1] ? -1 : libc.setsockopt(fd, level, name, at, length);
    const opened = openUdpSockets({ ...libc, setsockopt }, [{ host: "127.0.0.1", port: 0 }], 2, RECEIVE_BUFFER, true);
    assert.ok(opened.ok);
    assert.deepEqual(
      opened.sockets.workers.map((sockets) => sockets.map(({ isForNew }) => isForNew)),
      [[false], [false]],
    );
    closeSockets(libc, opened.sockets);
    using bench = new Bench(["127.0.0.1", "127.0.0.1"], 1, { ...libc, setsockopt }, true);
    for (const text of ["INVITE a", "BYE b"]) bench.send(1, "127.0.0.1", bench.ports[0]!, text);
    bench.runUntil(() => bench.got.length === 2);
  });

  it("a second process does not join the group in silence", () => {
    const libc = libcOrThrow();
    const first = openUdpSockets(libc, [{ host: "127.0.0.1", port: 0 }], 1, RECEIVE_BUFFER, true);
    assert.ok(first.ok);
    const second = openUdpSockets(
      libc,
      [{ host: "127.0.0.1", port: first.sockets.ports[0]! }],
      1,
      RECEIVE_BUFFER,
      true,
    );
    assert.match(second.ok ? "" : second.problem, /in use by another process/);
    closeSockets(libc, first.sockets);
  });
});

async function phoneOn(address: string) {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  return {
    send: (text: string, port: number) => new Promise<unknown>((resolve) => socket.send(text, port, address, resolve)),
    close: () => socket.close(),
  };
}
