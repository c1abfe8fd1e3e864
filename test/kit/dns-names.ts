// Destinations by name: a name server of the test's own, and a configuration whose only destination is a name.
import assert from "node:assert/strict";
import type { Answer } from "dns-packet";
import type { Destination } from "./destination.ts";
import { addressRecord, DnsServer, srvRecord } from "./dns-server.ts";
import type { Section } from "./lb.ts";
import type { Phone } from "./phone.ts";

/** What the servers are called. */
export const NAME = "sip:sip.test";

/** A name server that is closed when the flow is over. */
export async function withDns(flow: (dns: DnsServer) => Promise<void>): Promise<void> {
  const dns = await DnsServer.open();
  try {
    await flow(dns);
  } finally {
    await dns.close();
  }
}

/** SRV records of `sip.test`, one for each server, all at 127.0.0.1. */
export function srvZone(
  servers: readonly Destination[],
  ranks: readonly (readonly [number, number])[],
  ttl = 60,
): Answer[] {
  return servers.flatMap(({ peer }, at) => {
    const [priority, weight] = ranks[at]!;
    const host = `s${at}.test`;
    return [
      srvRecord("_sip._udp.sip.test", priority, weight, peer.port, host, ttl),
      addressRecord(host, "127.0.0.1", ttl),
    ];
  });
}

/** Runs with one set whose destination is `NAME`; `set` and `destination` are more of their fields. */
export function namedConfig(dns: DnsServer, set: Section = {}, destination: Section = {}): Section {
  return {
    dns: { servers: [dns.address], timeout: "500ms", attempts: 1, min_ttl: "1s", retry: "1s" },
    sets: {
      1: {
        algorithm: "weighted",
        probe: false,
        failover: { answer_within: "5s" },
        destinations: [{ uri: NAME, name: "pbx", ...destination }],
        ...set,
      },
    },
  };
}

/** Sends `count` OPTIONS, so many at a time; all have to be answered with 200. */
export async function askOften(phone: Phone, count: number, atOnce = 50): Promise<void> {
  let left = count;
  const one = async () => {
    while (left-- > 0) assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 200);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}
