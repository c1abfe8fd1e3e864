import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Bench, RECEIVE_BUFFER } from "../../test/kit/batched-bench.ts";
import { libcOrThrow } from "../../test/kit/echo-plane.ts";
import { chooseIo } from "./io.ts";
import type { Libc } from "./libc.ts";
import { closeSockets, openUdpSockets } from "./sockets.ts";
import { verifyLayout } from "./verify.ts";

const choice = chooseIo("auto");
const skip = choice.io === "batched" ? false : choice.reason;

describe("the batched plane and the network's refusals", { skip }, () => {
  for (const host of ["127.0.0.1", "::1"]) {
    it(`tells what was refused (ICMP), with payload and destination, over ${host}`, () => {
      using bench = new Bench([host]);
      const closed = bench.closedPort();
      bench.send(0, host, closed, "INVITE sip:nobody SIP/2.0");
      bench.runUntil(() => bench.refused.length > 0);
      assert.deepEqual(bench.refused, [{ text: "INVITE sip:nobody SIP/2.0", peer: formatted(host, closed) }]);
      assert.equal(bench.plane.counts.unreachable, 1);
      assert.equal(bench.plane.counts.unsent, 0, "it was sent; the network refused it later");
    });
  }

  it("never loses the innocent with the guilty", () => {
    using bench = new Bench(["127.0.0.1", "127.0.0.3"]);
    const closed = bench.closedPort();
    for (let round = 0; round < 40; round++) {
      bench.send(0, "127.0.0.1", closed, `guilty ${round}`);
      bench.flush();
      for (let i = 0; i < 5; i++) bench.send(0, "127.0.0.3", bench.ports[1]!, `innocent ${round}.${i}`);
      bench.flush();
    }
    bench.runUntil(() => bench.got.length === 200 && bench.refused.length === 40);
    assert.equal(bench.got.length, 200);
    assert.deepEqual(bench.got[199], { text: "innocent 39.4", listener: 1 });
    assert.equal(bench.refused.length, 40);
    assert.equal(bench.plane.counts.unsent, 0);
  });

  it("tells one of the workers that share a port, not always the one that sent", () => {
    using bench = new Bench(["127.0.0.1"], 3);
    const closed = Array.from({ length: 30 }, () => bench.closedPort());
    for (const port of closed) bench.send(0, "127.0.0.1", port, `${port}`);
    bench.flush();
    for (let worker = 0; worker < 3; worker++) bench.runUntilIdle(worker);
    const told = bench.refused.map(({ peer }) => peer).sort();
    assert.deepEqual(told, closed.map((port) => `127.0.0.1:${port}`).sort());
  });

  it("tells as ours what it has no room to pass on, and as the network's what the network refuses", () => {
    using bench = new Bench(["127.0.0.1"]);
    bench.send(7, "127.0.0.1", 5_060, "for a stream");
    bench.send(0, "255.255.255.255", 5_060, "broadcast is not permitted");
    bench.flush();
    bench.runUntil(() => bench.refused.length === 2);
    assert.deepEqual([bench.short, bench.plane.counts.unsent], [1, 2]);
  });

  it("reports what the system refuses at once, after the turn, and sends the rest", () => {
    using bench = new Bench(["127.0.0.1"]);
    bench.send(0, "127.0.0.1", bench.ports[0]!, "before");
    bench.send(0, "255.255.255.255", 5_060, "broadcast is not permitted");
    bench.send(0, "127.0.0.1", bench.ports[0]!, "after");
    bench.flush();
    assert.equal(bench.refused.length, 0, "the handler is not called while it sends");
    bench.runUntil(() => bench.got.length === 2 && bench.refused.length === 1);
    assert.deepEqual(
      bench.got.map(({ text }) => text),
      ["before", "after"],
    );
    assert.deepEqual(bench.refused, [{ text: "broadcast is not permitted", peer: "255.255.255.255:5060" }]);
    assert.equal(bench.plane.counts.unsent, 1);
  });

  it("sends a datagram although reports about others' keep coming while it is to be sent", () => {
    const real = libcOrThrow();
    let reports = 5;
    // As another worker's ICMP error does that comes between two of our calls.
    const sendmmsg: Libc["sendmmsg"] = (fd, at, count, flags) => {
      if (reports-- > 0) bench.refuseOne(closed);
      return real.sendmmsg(fd, at, count, flags);
    };
    using bench: Bench = new Bench(["127.0.0.1"], 1, { ...real, sendmmsg });
    const closed = bench.closedPort();
    bench.send(0, "127.0.0.1", bench.ports[0]!, "good");
    bench.runUntil(() => bench.got.length === 1 && bench.refused.length === 5);
    assert.deepEqual([bench.plane.counts.unsent, bench.refused.map(({ text }) => text)], [0, Array(5).fill("other")]);
  });

  it("counts what no socket can send and sends the rest", () => {
    using bench = new Bench(["127.0.0.1", "::1"]);
    bench.send(0, "::1", bench.ports[1]!, "IPv6 from an IPv4 socket");
    bench.send(1, "127.0.0.1", bench.ports[0]!, "IPv4 from an IPv6 socket");
    bench.send(7, "127.0.0.1", bench.ports[0]!, "no such listener");
    bench.send(0, "127.0.0.1", 0, "no port");
    bench.send(0, "127.0.0.1", bench.ports[0]!, "good");
    bench.send(1, "::1", bench.ports[1]!, "good");
    bench.runUntil(() => bench.got.length === 2);
    assert.deepEqual(bench.got, [
      { text: "good", listener: 0 },
      { text: "good", listener: 1 },
    ]);
    assert.equal(bench.plane.counts.unsent, 4);
  });

  it("keeps the order of one peer's messages over many batches and listeners", () => {
    using bench = new Bench(["127.0.0.1", "127.0.0.3"]);
    for (let i = 0; i < 1_000; i++) bench.send(i % 3 === 0 ? 1 : 0, "127.0.0.3", bench.ports[1]!, `${i}`);
    bench.runUntil(() => bench.got.length === 1_000);
    assert.deepEqual(
      bench.got.map(({ text }) => Number(text)),
      Array.from({ length: 1_000 }, (_, i) => i),
    );
  });
});

describe("a wildcard listener of the batched plane", { skip }, () => {
  for (const [wildcard, addresses] of [
    ["0.0.0.0", ["127.0.0.5", "127.0.0.9"]],
    ["::", ["::1"]],
  ] as const) {
    it(`knows to which address of ${wildcard} a datagram was sent, and sends from the one it is told`, () => {
      using bench = new Bench([wildcard, addresses[0]]);
      for (const address of addresses) bench.send(1, address, bench.ports[0]!, `to ${address}`);
      bench.runUntil(() => bench.got.length === addresses.length);
      assert.deepEqual(bench.locals, [...addresses]);
      bench.clear();
      for (const address of addresses) bench.send(0, addresses[0], bench.ports[1]!, `from ${address}`, address);
      bench.runUntil(() => bench.got.length === addresses.length);
      assert.deepEqual(
        bench.peers,
        addresses.map((address) => formatted(address, bench.ports[0]!)),
      );
    });
  }
});

describe("the spare time of the batched plane", { skip }, () => {
  it("is given away while nothing waits, until it is wanted no more", () => {
    using bench = new Bench(["127.0.0.1"]);
    for (let i = 0; i < 500; i++) bench.send(0, "127.0.0.1", bench.ports[0]!, `${i}`);
    bench.flush();
    const late = performance.now() + 100;
    const before: number[] = [];
    function* spend(): Generator<void, void, void> {
      for (let turns = 0; turns < 3; turns++) {
        before.push(bench.got.length);
        // What comes meanwhile is received before there is spare time again.
        bench.send(0, "127.0.0.1", bench.ports[0]!, `meanwhile ${turns}`);
        yield;
      }
    }
    bench.runUntil(() => bench.got.length === 503 && performance.now() > late, spend());
    assert.deepEqual(before, [500, 501, 502], "once all that waited was received, and three times in all");
  });

  /** A plane to which something comes in every second turn, and which sees in those between that nothing waits. */
  function trickle(
    turns: number,
    steps: number,
  ): { waits: [asked: number, found: number][]; since: number; armed: boolean }[] {
    const waits: [asked: number, found: number][] = [];
    const real = libcOrThrow();
    const libc: Libc = {
      ...real,
      epoll_wait(epoll, events, most, milliseconds) {
        const found = real.epoll_wait(epoll, events, most, milliseconds);
        waits.push([milliseconds, found]);
        return found;
      },
    };
    using bench = new Bench(["127.0.0.1"], 1, libc);
    const given: ReturnType<typeof trickle> = [];
    const began = performance.now();
    function* spend(): Generator<void, void, void> {
      for (let i = 0; i < steps; i++) {
        given.push({ waits: waits.slice(-2), since: performance.now() - began, armed: bench.isArmed });
        yield;
      }
    }
    let turn = 0;
    const sends = (): boolean => {
      if (turn++ % 2 === 0 && turn < turns) bench.send(0, "127.0.0.1", bench.ports[0]!, `${turn}`);
      return given.length === steps;
    };
    bench.runUntil(sends, spend());
    return given;
  }

  it("is not what lies between two packets of a busy worker", () => {
    const [first] = trickle(40, 1);
    // The 20 packets come within 50 ms; where they took a tenth of a second, a step was due anyway.
    const wasQuiet = String(first!.waits) === "2,0,0,0";
    assert.ok(wasQuiet || first!.since >= 100, `milliseconds waited, sockets found: ${first!.waits.join("; ")}`);
    assert.ok(first!.armed, "what others pass on rings meanwhile");
  });

  it("is there every tenth of a second all the same", () => {
    const given = trickle(Number.POSITIVE_INFINITY, 3);
    assert.deepEqual(
      given.map(({ since }, i) => since >= (i + 1) * 100),
      [true, true, true],
    );
  });
});

describe("the sockets of the batched plane", { skip }, () => {
  it("share one chosen port between workers and say what receive buffer was granted", () => {
    const libc = libcOrThrow();
    const listeners = [
      { host: "127.0.0.1", port: 0 },
      { host: "[::1]", port: 0 },
    ];
    const opened = openUdpSockets(libc, listeners, 3, RECEIVE_BUFFER);
    assert.ok(opened.ok);
    const { workers, ports, receiveBuffer } = opened.sockets;
    assert.deepEqual([workers.length, workers[0]!.length, ports.length], [3, 2, 2]);
    assert.ok(ports.every((port) => port > 0));
    // As much as was asked for, or the system's limit.
    assert.ok(receiveBuffer > 0 && receiveBuffer <= RECEIVE_BUFFER);
    closeSockets(libc, opened.sockets);
  });

  it("do not join another process's shared port in silence", () => {
    const libc = libcOrThrow();
    const first = openUdpSockets(libc, [{ host: "127.0.0.1", port: 0 }], 2, RECEIVE_BUFFER);
    assert.ok(first.ok);
    const port = first.sockets.ports[0]!;
    const second = openUdpSockets(libc, [{ host: "127.0.0.1", port }], 2, RECEIVE_BUFFER);
    assert.deepEqual(second, {
      ok: false,
      problem: `cannot listen on udp 127.0.0.1:${port}: the port is in use by another process (EADDRINUSE)`,
    });
    closeSockets(libc, first.sockets);
  });

  it("name an address that this machine does not have", () => {
    const result = openUdpSockets(libcOrThrow(), [{ host: "198.51.100.7", port: 21_001 }], 1, RECEIVE_BUFFER);
    assert.match(result.ok ? "" : result.problem, /198\.51\.100\.7:21001: this machine does not have the address/);
  });
});

describe("the self-test of the struct layouts", { skip }, () => {
  it("passes here", () => {
    assert.equal(verifyLayout(libcOrThrow()), "");
  });

  it("notices wrong lengths, wrong bytes and silence", () => {
    const libc = libcOrThrow();
    const broken = (change: Partial<Libc>): Libc => ({ ...libc, ...change });
    const lost = broken({ recvmmsg: () => 0 });
    assert.match(verifyLayout(lost, 100), /did not arrive/);
    // As if a slot were longer than C thinks: every second header is taken for the first.
    const shifted = broken({ sendmmsg: (fd, at, count, flags) => libc.sendmmsg(fd, at + 64, count - 1, flags) + 1 });
    assert.match(verifyLayout(shifted, 100), /self-test of recvmmsg and sendmmsg failed/);
  });
});

function formatted(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
