// Whoever vanishes without a word while something is on its way to him is given up, on connections of either side: a firewall that drops
// everything is the wire that was cut.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import type { ServerTransaction } from "../../src/ua/server-transaction.ts";
import { Destination } from "../kit/destination.ts";
import { LoadBalancer } from "../kit/lb.ts";
import { Phone } from "../kit/phone.ts";
import { until } from "../kit/wait.ts";
import { BALANCER, INSIDE, Lab, skip } from "./lab.ts";

const PHONE = `${INSIDE}.0.3`;
const SERVER = `${INSIDE}.0.2`;
const OPTIONS =
  `OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP ${PHONE}:5060;branch=z9hG4bKa;rport\r\nMax-Forwards: 70\r\n` +
  "From: <sip:a@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: dead\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
/** `keepalive` of 1 s and ten more, and a machine that is busy. The system's own patience is 15 minutes. */
const PATIENCE = 30_000;

/** From now on nothing comes from there. */
function cut(address: string): void {
  execFileSync("nft", ["add", "rule", "inet", "lab", "in", "ip", "saddr", address, "tcp", "dport", "1-65535", "drop"]);
}

test("a connection on which something is on its way to somebody who is gone is given up, whoever made it", {
  skip,
  timeout: 90_000,
}, async () => {
  const lab = new Lab();
  const lb = await LoadBalancer.prepare("batched", BALANCER);
  const asked: ServerTransaction[] = [];
  const server = new Destination((transaction) => void asked.push(transaction), { address: SERVER, transport: "tcp" });
  let stranger: Phone | undefined;
  try {
    await lb.dispatches(1, "priority", [server], {}, { ...lb.bothTransports, streams: { keepalive: "1s" } });
    const phone = connect({ host: BALANCER, port: lb.address.port, localAddress: PHONE }).on("error", () => undefined);
    phone.write(OPTIONS);
    await until("the request", () => asked.length > 0);
    assert.equal(await lb.metric("stream_connections"), 2);
    // What is on its way from now on is never acknowledged, and until it is, TCP does not ask for a sign of life.
    cut(PHONE);
    const began = performance.now();
    asked[0]?.respond(200);
    await once(phone, "data");
    cut(SERVER);
    stranger = await Phone.open(lb.address, { address: BALANCER });
    void stranger.requests("OPTIONS", "sip:bob@example.com");
    await until("both to be given up", async () => (await lb.metric("stream_connections")) === 0, PATIENCE);
    const seconds = (performance.now() - began) / 1000;
    console.log(`dead peers: 2 of 2 connections given up, the last after ${seconds.toFixed(1)} s`);
    phone.destroy();
  } finally {
    await lb.end(true);
    await stranger?.agent.close();
    await server.close();
    lab.close();
  }
});
