// Whatever a stranger sends, nothing leaves for an address that he has put into it: in a network with a way to everywhere, the
// firewall counts what takes it.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { test } from "node:test";
import { parseMessage } from "../../src/ua/parsed-message.ts";
import type { Peer } from "../../src/ua/transport.ts";
import { LoadBalancer } from "../kit/lb.ts";
import { Phone } from "../kit/phone.ts";
import { okTo } from "../torture/answerer.ts";
import { asOnTheWire, filesOf, skip as noCorpora, readCase } from "../torture/corpora.ts";
import { Listener } from "../torture/listener.ts";
import { BALANCER, INSIDE, Lab, skip } from "./lab.ts";

const FOLDERS = [
  "handmade",
  "rfc4475/messages",
  "rfc5118/archive",
  "protos-c07-sip/sample",
  "kamailio-test-sip",
  "jsip-torture/raw",
  "literal-messages",
  "sofia-sip-tests",
  "libosip2-res",
  "pcap/raw",
];
/** What is also sent over connections, each on one of its own. */
const OVER_TCP = /^(?:handmade|rfc4475)/;
const MAX_DATAGRAM = 65_507;
const AT_ONCE = 20;
/** Time for what is repeated to be repeated, in milliseconds. */
const PATIENCE = 600;

function sendOverTcp(bytes: Buffer, to: Peer): Promise<void> {
  const socket = connect({ host: to.address, port: to.port, localAddress: `${INSIDE}.0.9` });
  // It is closed by whoever has had enough first.
  socket.on("error", () => undefined).setTimeout(300, () => socket.destroy());
  socket.on("connect", () => socket.end(bytes)).resume();
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

/** The firewall sees what it is there for. */
async function provesItself(lab: Lab): Promise<void> {
  for (const [type, address] of [
    ["udp4", "203.0.113.66"],
    ["udp6", "2001:db8::66"],
  ] as const) {
    const before = lab.astray.packets;
    const socket = createSocket(type);
    await new Promise<void>((resolve) => socket.send("x", 5060, address, () => resolve()));
    socket.close();
    assert.equal(lab.astray.packets, before + 1, `${type} is not seen`);
  }
}

for (const forwarding of ["stateful", "stateless"] as const) {
  test(`nothing of the corpora makes a packet leave for an address that only a message names [${forwarding}]`, {
    skip: noCorpora || skip,
    timeout: 120_000,
  }, async () => {
    const lab = new Lab();
    const lb = await LoadBalancer.prepare("auto", BALANCER);
    const closing: (() => unknown)[] = [];
    try {
      const destination: Listener = await Listener.open({ address: `${INSIDE}.0.2`, port: 0 }, (bytes, from) => {
        const message = parseMessage(bytes);
        if (message?.isRequest === true && message.method !== "ACK") void destination.send(okTo(message), from);
      });
      closing.push(() => destination.close());
      const { port } = lb.address;
      await lb.runs({
        listeners: ["udp", "tcp"].map((transport) => ({
          uri: `${transport}://${BALANCER}:${port}`,
          // The corpora know it by this name.
          advertise: "127.0.0.1:5060",
        })),
        sets: {
          1: { algorithm: "hash-call-id", probe: false, destinations: [`sip:${INSIDE}.0.2:${destination.local.port}`] },
        },
        forwarding,
        timers: { t1: "100ms", t2: "400ms", linger: "300ms" },
      });
      const stranger = await Listener.open({ address: `${INSIDE}.0.9`, port: 5060 }, () => undefined);
      closing.push(() => stranger.close());
      const phone = await Phone.open(lb.address, { address: `${INSIDE}.0.8` });
      closing.push(() => phone.agent.close());
      let sent = 0;
      const files = FOLDERS.flatMap(filesOf);
      for (let first = 0; first < files.length; first += AT_ONCE) {
        const cases = files.slice(first, first + AT_ONCE).map((file) => ({ file, bytes: asOnTheWire(readCase(file)) }));
        const over: Promise<void>[] = [];
        for (const { file, bytes } of cases) {
          if (bytes.length <= MAX_DATAGRAM) {
            await stranger.send(bytes, lb.address);
            sent++;
          }
          if (!OVER_TCP.test(file)) continue;
          over.push(sendOverTcp(bytes, lb.address));
          sent++;
        }
        await Promise.all(over);
        assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 200, "it still serves");
      }
      await new Promise((resolve) => setTimeout(resolve, PATIENCE));
      const { packets } = lab.astray;
      console.log(
        `egress, ${forwarding}: ${sent - packets} of ${sent} messages made no packet leave for where it should not`,
      );
      assert.equal(packets, 0);
      assert.ok(sent > 800, `only ${sent} messages`);
      await provesItself(lab);
    } finally {
      const complaint = await lb.end();
      for (const close of closing) await close();
      lab.close();
      assert.equal(complaint, "");
    }
  });
}
