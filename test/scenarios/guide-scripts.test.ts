// The configurations of docs/guide/coming-from-kamailio.md as they stand there, with calls over real sockets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { headerOf, headerValues } from "../../src/ua/parsed-message.ts";
import { GOLDEN } from "../guide/golden.ts";
import { GoldenCalls, goldenText, Neighbourhood } from "../guide/golden-calls.ts";
import { destinationsOf, GuideBalancer } from "../guide/guide-balancer.ts";
import { example, examples } from "../guide/page.ts";
import { addressRecord, DnsServer, srvRecord } from "../kit/dns-server.ts";
import { until } from "../kit/wait.ts";

const LIMIT = { timeout: 120_000 } as const;
const NAMES = "Names instead of addresses";
const TIERS = "A load balancer in front of load balancers";
const BOB = "INVITE sip:bob@example.com";

/** Destinations at `uris`, and a flow with them. */
async function withCalls(
  uris: (here: Neighbourhood) => readonly string[],
  flow: (here: Neighbourhood, golden: GoldenCalls) => Promise<void>,
): Promise<void> {
  const here = await Neighbourhood.find();
  try {
    const golden = await GoldenCalls.open(here, uris(here));
    await flow(here, golden).finally(() => golden.close());
  } finally {
    here.release();
  }
}

test("every configuration of the guide has calls", () => {
  const tested = [...GOLDEN.keys(), NAMES, TIERS].sort();
  assert.deepEqual(
    examples()
      .map(({ title }) => title)
      .sort(),
    tested,
  );
});

for (const [title, calls] of GOLDEN) {
  test(`${title}: the configuration of the guide does that with calls`, LIMIT, () => {
    const { yaml } = example(title);
    const uris = (here: Neighbourhood) => destinationsOf(here.moved(yaml)).map(({ uri }) => uri);
    return withCalls(uris, async (here, golden) => {
      const balancer = await GuideBalancer.start(here, yaml);
      try {
        assert.deepEqual(
          await golden.play(calls),
          calls.map(([sent, behaviour, outcome]) => goldenText(sent, behaviour, outcome)),
        );
      } finally {
        await balancer.end();
      }
    });
  });
}

test(`${NAMES}: calls go to the servers of the SRV records`, LIMIT, async () => {
  const { yaml, zone } = example(NAMES);
  const records = [...zone.matchAll(/^(\S+)\. IN SRV (\d+) (\d+) (\d+) (\S+)\.$/gm)].map((found) => found.slice(1));
  assert.equal(records.length, 2);
  const uris = (here: Neighbourhood) => records.map(([, , , port], at) => `sip:${here.prefix}${at + 2}:${port}`);
  const dns = await DnsServer.open();
  try {
    await withCalls(uris, async (here, golden) => {
      dns.zone = records.flatMap(([name = "", priority, weight, port, host = ""], at) => [
        srvRecord(name, Number(priority), Number(weight), Number(port), host),
        addressRecord(host, `${here.prefix}${at + 2}`),
      ]);
      const balancer = await GuideBalancer.start(here, yaml, `dns: {servers: ["${dns.address}"]}\n`);
      try {
        const told = await golden.play([BOB, BOB, BOB, BOB].map((sent) => [sent, "", ""]));
        assert.deepEqual([...new Set(told)].sort(), [
          goldenText(BOB, "", "2 sip:bob@example.com, 200"),
          goldenText(BOB, "", "3:5065 sip:bob@example.com, 200"),
        ]);
      } finally {
        await balancer.end();
      }
    });
  } finally {
    await dns.close();
  }
});

test(
  `${TIERS}: each call stays with one of them, which tries one server after the other; a dead one gets none`,
  LIMIT,
  () => {
    const second = example("Dispatcher with failover").yaml;
    const uris = (here: Neighbourhood) => destinationsOf(here.moved(second)).map(({ uri }) => uri);
    return withCalls(uris, async (here, golden) => {
      const tier = [71, 72].map((host) =>
        GuideBalancer.start(here, second.replace("127.0.0.1", `192.0.2.${host}`), "", host),
      );
      const balancers = await Promise.all([GuideBalancer.start(here, example(TIERS).yaml), ...tier]);
      try {
        await until(
          "the first tier to know that 73 is not there",
          async () => (await balancers[0]!.states()).get(`sip:${here.prefix}73`) === "inactive",
        );
        const told = await golden.play(
          Array.from({ length: 12 }, (_, at) => [BOB, at % 3 === 0 ? "11=500 12=500" : "", ""]),
        );
        for (const line of told) assert.match(line, /: (1[123] sip:bob@example\.com, )+200$/);
        const way = (method: string) =>
          golden.heard(method).map((one) => {
            const between = headerValues(one, "via")[0] ?? "";
            return `${headerOf(one, "call-id")} ${/UDP ([\d.]+)/.exec(between)?.[1]}`;
          });
        const invited = new Set(way("INVITE"));
        assert.equal(invited.size, 12, "all tries of a call come from one balancer");
        assert.deepEqual(new Set(way("BYE")), invited, "and so does its BYE");
        const hosts = new Set([...invited].map((one) => one.split(" ")[1]));
        assert.deepEqual([...hosts].sort(), [`${here.prefix}71`, `${here.prefix}72`], "both had calls");
      } finally {
        for (const one of balancers) await one.end();
      }
    });
  },
);
