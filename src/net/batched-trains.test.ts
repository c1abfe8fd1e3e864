// Trains over real sockets: what is sent together arrives as if it had been sent one by one.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Bench } from "../../test/kit/batched-bench.ts";
import { libcOrThrow } from "../../test/kit/echo-plane.ts";
import { chooseIo } from "./io.ts";
import { Errno, type Libc } from "./libc.ts";

const choice = chooseIo("auto");
const skip = choice.io === "batched" ? false : choice.reason;
const CROWD = 200;

/** Three lengths, each often, for one port; every text is another one. */
function sendCrowd(bench: Bench, host: string, port: number, local = ""): string[] {
  const texts = Array.from({ length: CROWD }, (_, i) =>
    `INVITE ${`${i}`.padStart(4, "0")}`.padEnd(300 + 50 * (i % 3), "."),
  );
  for (const [i, text] of texts.entries()) bench.send(0, host, port, text, local, i + 1);
  bench.flush();
  return texts;
}

function assertAll(bench: Bench, texts: readonly string[]): void {
  bench.runUntil(() => bench.got.length >= texts.length);
  assert.deepEqual(bench.got.map(({ text }) => text).sort(), [...texts]);
  assert.equal(bench.plane.counts.unsent, 0);
}

describe("a crowd of datagrams", { skip }, () => {
  for (const host of ["127.0.0.1", "::1"]) {
    it(`goes in trains, and arrives whole and one by one, over ${host}`, () => {
      using bench = new Bench([host]);
      assertAll(bench, sendCrowd(bench, host, bench.ports[0]!));
      assert.equal(bench.plane.counts.inTrains, CROWD);
    });
  }

  for (const [wildcard, address] of [
    ["0.0.0.0", "127.0.0.5"],
    ["::", "::1"],
  ] as const) {
    it(`leaves from the address of ${wildcard} that it is told`, () => {
      using bench = new Bench([wildcard, address]);
      assertAll(bench, sendCrowd(bench, address, bench.ports[1]!, address));
      assert.equal(bench.plane.counts.inTrains, CROWD);
      assert.deepEqual(
        new Set(bench.peers.map((peer) => peer.startsWith(address.includes(":") ? "[::1]" : address))),
        new Set([true]),
      );
    });
  }

  it("goes one by one where trains are switched off", () => {
    using bench = new Bench(["127.0.0.1"], 1, libcOrThrow(), false, true);
    assertAll(bench, sendCrowd(bench, "127.0.0.1", bench.ports[0]!));
    assert.equal(bench.plane.counts.inTrains, 0);
  });

  it("that is none goes one by one: who listens on this machine's wire sees each message", () => {
    using bench = new Bench(["127.0.0.1"]);
    for (let i = 0; i < 15; i++) bench.send(0, "127.0.0.1", bench.ports[0]!, "as long as the others", "", i + 1);
    bench.flush();
    bench.runUntil(() => bench.got.length === 15);
    assert.equal(bench.plane.counts.inTrains, 0);
  });

  for (const [name, error] of [
    ["too long for the way (EMSGSIZE)", Errno.EMSGSIZE],
    ["too long for the way (EINVAL, before Linux 6.10)", Errno.EINVAL],
    ["more than the interface can do (EIO)", Errno.EIO],
    ["without room in the buffer (EAGAIN)", Errno.EAGAIN],
  ] as const) {
    it(`arrives when a train is ${name}`, () => {
      const real = libcOrThrow();
      let trains = 0;
      let failed = false;
      const libc: Libc = {
        ...real,
        sendmmsg(fd, at, count, flags) {
          failed = count > 1 && trains++ < 2;
          return failed ? -1 : real.sendmmsg(fd, at, count, flags);
        },
        errno: () => (failed ? error : real.errno()),
      };
      using bench = new Bench(["127.0.0.1"], 1, libc);
      assertAll(bench, sendCrowd(bench, "127.0.0.1", bench.ports[0]!));
      const { inTrains } = bench.plane.counts;
      assert.ok(inTrains < CROWD, "the refused train went one by one");
      sendCrowd(bench, "127.0.0.1", bench.ports[0]!);
      assert.equal(bench.plane.counts.withoutTrains, error === Errno.EAGAIN ? 0 : 1);
      // The longest two lengths are behind the limit now, or nothing goes in trains any more; a full buffer teaches nothing.
      const more = bench.plane.counts.inTrains - inTrains;
      assert.equal(more, error === Errno.EIO ? 0 : error === Errno.EAGAIN ? CROWD : 0);
    });
  }

  it("goes one by one to whom the network has refused something, and in trains to everybody else", () => {
    using bench = new Bench(["127.0.0.1"]);
    const closed = bench.closedPort();
    bench.send(0, "127.0.0.1", closed, "nobody there");
    bench.flush();
    bench.runUntil(() => bench.refused.length === 1);
    const { counts } = bench.plane;
    sendCrowd(bench, "127.0.0.1", closed);
    assert.equal(counts.inTrains, 0);
    sendCrowd(bench, "127.0.0.1", bench.ports[0]!);
    assert.equal(counts.inTrains, CROWD);
  });
});
