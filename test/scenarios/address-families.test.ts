// A name whose server has addresses of both families, some of which cannot be reached, over connections.
import assert from "node:assert/strict";
import { DeafListener } from "../kit/deaf-listener.ts";
import { answering } from "../kit/destination.ts";
import { addressRecord, DnsServer, srvRecord } from "../kit/dns-server.ts";
import type { LoadBalancer } from "../kit/lb.ts";
import { reservePort } from "../kit/port.ts";
import { scenario } from "../kit/scenario.ts";

const TCP = { transport: "tcp" } as const;

/** A name server, and a port at which nobody else is on any address, until the flow is over. */
async function withDns(flow: (dns: DnsServer, port: number) => Promise<void>): Promise<void> {
  const [dns, reserved] = [await DnsServer.open(), await reservePort()];
  try {
    await flow(dns, reserved.port);
  } finally {
    await dns.close();
    reserved.release();
  }
}

/** Listeners of both families, IPv4 preferred, and a set of one name: `port` at all `addresses`. */
async function dispatches(
  lb: LoadBalancer,
  dns: DnsServer,
  port: number,
  addresses: readonly string[],
  failover: object,
  streams: object = {},
): Promise<void> {
  dns.zone = [
    srvRecord("_sip._tcp.sip.test", 0, 1, port, "s.test"),
    ...addresses.map((address) => addressRecord("s.test", address)),
  ];
  const own = lb.address.port;
  await lb.runs({
    dns: { servers: [dns.address], timeout: "500ms", attempts: 1 },
    listeners: [`udp://127.0.0.1:${own}`, `tcp://127.0.0.1:${own}`, `tcp://[::1]:${own}`],
    streams,
    sets: {
      1: {
        algorithm: "weighted",
        probe: false,
        passive: { failures: 0 },
        failover: { answer_within: "20s", ...failover },
        destinations: [{ uri: "sip:sip.test;transport=tcp", name: "pbx" }],
      },
    },
  });
}

scenario("an address that cannot be reached is followed by one of the other family, not by all of its own", (stage) =>
  withDns(async (dns, port) => {
    const { lb, phone, destination } = stage;
    const server = destination(answering(200), { ...TCP, address: "::1", port });
    await server.opened;
    await dispatches(lb, dns, port, ["127.0.0.2", "127.0.0.3", "127.0.0.4", "::1"], { tries: 2 });
    const call = await phone.invites("sip:bob@example.com");
    assert.equal(call.status, 200);
    assert.equal(await lb.metric("failovers_total", { reason: "transport_error" }), 1);
    assert.equal(await call.bye(), 200);
  }),
);

scenario("a call does not wait for an address that swallows attempts to connect, while another one answers", (stage) =>
  withDns(async (dns, port) => {
    const { lb, phone, destination } = stage;
    const server = destination(answering(200), { ...TCP, address: "::1", port });
    await server.opened;
    const deaf = await DeafListener.open("127.0.0.1", port);
    try {
      await dispatches(lb, dns, port, ["127.0.0.1", "::1"], { answer_within: "50s" }, { connect_timeout: "40s" });
      const begin = performance.now();
      const calls = await Promise.all([1, 2, 3, 4].map(() => phone.invites("sip:bob@example.com")));
      assert.deepEqual(
        calls.map(({ status }) => status),
        [200, 200, 200, 200],
      );
      assert.ok(performance.now() - begin < 30_000, "nobody waited for the connection to be given up");
      assert.equal(await lb.metric("stream_outrun_total"), 4);
      assert.equal(await lb.metric("stream_slow_connects_total"), 1, "all of them waited for the same one");
      assert.equal(await lb.metric("destination_transport_errors_total"), 0);
      assert.equal(await lb.metric("failovers_total"), 0);
      for (const call of calls) assert.equal(await call.bye(), 200);
      // What the slow one hears in the end, if anything, is none of these calls.
      deaf.wake();
      await lb.untilMetric("stream_opened_total", 2, { by: "us" });
      assert.equal(deaf.heard, "");
      assert.equal(server.requests("INVITE").length, 4);
    } finally {
      await deaf.close();
    }
  }),
);

scenario(
  "when every address of a name swallows attempts to connect, the caller hears so, and both have failed",
  (stage) =>
    withDns(async (dns, port) => {
      const { lb, phone } = stage;
      const deaf = [await DeafListener.open("127.0.0.1", port), await DeafListener.open("::1", port)];
      try {
        await dispatches(lb, dns, port, ["127.0.0.1", "::1"], {}, { connect_timeout: "2s" });
        assert.equal((await phone.invites("sip:bob@example.com")).status, 500);
        await lb.untilMetric("destination_transport_errors_total", 2);
        assert.equal(await lb.metric("stream_outrun_total"), 0);
      } finally {
        for (const one of deaf) await one.close();
      }
    }),
);
