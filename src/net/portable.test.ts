import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { leastOf } from "../../test/kit/least-of.ts";
import { ENDPOINT_WORDS, formatEndpoint, parseEndpoint } from "./endpoint.ts";
import { receiveBufferWarning } from "./listen.ts";
import type { PlaneHandler } from "./plane.ts";
import { openPortable, type PortablePlane, probePorts } from "./portable.ts";

const TRIES = 3;
const OPTIONS = { shared: false, receiveBuffer: 1 << 20 } as const;

describe("the portable plane on the thread that opened it (workers: 0)", () => {
  it("passes a burst on in batches, not one by one", async () => {
    await using bench = await Bench.open(["127.0.0.1", "::1"]);
    for (let i = 0; i < 60; i++) bench.send(0, "127.0.0.1", bench.plane.ports[0]!, `${i}`);
    await bench.until(() => bench.got.length === 60);
    assert.deepEqual(
      bench.got,
      Array.from({ length: 60 }, (_, i) => `${i}`),
    );
    assert.ok(bench.batches <= 30, `${bench.batches} batches`);
    assert.equal(bench.peer, `127.0.0.1:${bench.plane.ports[0]}`);
  });

  it("calls tick when it was asked to, at the latest after 100 ms, and at once when woken", async () => {
    await using bench = await Bench.open(["127.0.0.1"]);
    /** The median of milliseconds between ticks, which a busy machine moves seldom: then they are looked at again. */
    const between = (limit: number): Promise<number> =>
      leastOf(TRIES, limit, async () => {
        const first = bench.tickedAt.length;
        await bench.until(() => bench.tickedAt.length > first + 7);
        const gaps = bench.tickedAt.slice(first).map((at, i) => at - bench.tickedAt[first + i - 1]!);
        return median(gaps.slice(1));
      });
    bench.wait = 20;
    const asked = await between(42);
    assert.ok(asked > 15 && asked < 42, `${asked} ms`);
    bench.wait = 60_000;
    const unasked = await between(150);
    assert.ok(unasked > 75 && unasked < 150, `${unasked} ms`);
    const woken = await leastOf(TRIES, 20, async () => {
      const times: number[] = [];
      for (let i = 0; i < 7; i++) {
        const asleep = bench.ticks;
        const begin = performance.now();
        bench.plane.wake();
        bench.plane.wake();
        await bench.until(() => bench.ticks > asleep);
        times.push(bench.tickedAt.at(-1)! - begin);
        assert.ok(bench.ticks <= asleep + 2, "two bells, one turn");
      }
      return median(times);
    });
    assert.ok(woken < 20, `${woken} ms`);
  });

  it("does not sleep when arming finds work", async () => {
    await using bench = await Bench.open(["127.0.0.1"]);
    bench.wait = 60_000;
    bench.work = 50;
    const first = bench.tickedAt.length;
    await bench.until(() => bench.work === 0);
    const gaps = bench.tickedAt.slice(first).map((at, i) => at - bench.tickedAt[first + i - 1]!);
    assert.ok(median(gaps.slice(1)) < 20, `${gaps} ms`);
  });

  it("counts what it cannot send and sends the rest", async () => {
    await using bench = await Bench.open(["127.0.0.1", "::1"]);
    bench.send(0, "::1", bench.plane.ports[1]!, "IPv6 from an IPv4 socket");
    bench.send(7, "127.0.0.1", bench.plane.ports[0]!, "no such listener");
    bench.send(0, "127.0.0.1", 0, "no port");
    bench.send(0, "255.255.255.255", 5_060, "broadcast is not permitted");
    bench.send(1, "::1", bench.plane.ports[1]!, "good");
    await bench.until(() => bench.got.length === 1 && bench.plane.counts.unsent === 4);
    assert.deepEqual(bench.got, ["good"]);
  });

  it("sees a taken port before workers would share it", async () => {
    await using bench = await Bench.open(["127.0.0.1"]);
    const port = bench.plane.ports[0]!;
    assert.match(
      await probePorts([{ host: "127.0.0.1", port }]),
      new RegExp(`127\\.0\\.0\\.1:${port}: the port is in use`),
    );
    assert.equal(await probePorts([{ host: "127.0.0.1", port: 0 }]), "");
    assert.match(await probePorts([{ host: "sip.example.com", port: 5_060 }]), /not a numeric address/);
  });

  it("says which sysctl to set when the receive buffer is smaller than asked for", () => {
    assert.equal(receiveBufferWarning(4_194_304, 4_194_304), "");
    assert.match(receiveBufferWarning(4_194_304, 212_992), /sysctl -w net\.core\.rmem_max=4194304/);
  });
});

/** A plane with a handler that writes down what it is told. */
class Bench implements PlaneHandler {
  readonly plane: PortablePlane;
  readonly got: string[] = [];
  batches = 0;
  ticks = 0;
  /** By performance.now, of each tick. */
  readonly tickedAt: number[] = [];
  wait = 10;
  work = 0;
  peer = "";

  constructor(plane: PortablePlane) {
    this.plane = plane;
    plane.run(this);
  }

  static async open(hosts: readonly string[]): Promise<Bench> {
    const opened = await openPortable(
      hosts.map((host) => ({ host, port: 0 })),
      OPTIONS,
    );
    assert.ok(opened.ok);
    return new Bench(opened.plane);
  }

  send(listener: number, host: string, port: number, text: string): void {
    const { outbox } = this.plane;
    const peer = new Int32Array(ENDPOINT_WORDS);
    assert.ok(parseEndpoint(host, port, peer, 0));
    const at = outbox.claim();
    outbox.commit(outbox.bytes.write(text, at, "latin1"), listener, peer, 0);
    this.plane.wake();
  }

  async until(isDone: () => boolean): Promise<void> {
    for (let i = 0; i < 5_000 && !isDone(); i++) await pause(2);
    assert.ok(isDone(), "within ten seconds");
  }

  receive(count: number): void {
    const { inbox } = this.plane;
    this.batches++;
    for (let i = 0; i < count; i++) {
      this.got.push(inbox.bytes.toString("latin1", inbox.start[i], inbox.end[i]));
      this.peer = formatEndpoint(inbox.peer, i * ENDPOINT_WORDS);
    }
  }

  tick(): number {
    this.ticks++;
    this.tickedAt.push(performance.now());
    return this.wait;
  }

  arm(): boolean {
    if (this.work === 0) return true;
    this.work--;
    return false;
  }

  disarm(): void {}

  unreachable(): void {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.plane.close();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
