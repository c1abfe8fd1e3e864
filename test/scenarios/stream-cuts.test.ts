// Whatever the network does to a stream, exactly the messages that were sent arrive: cut at every offset, byte by byte, coalesced;
// over TCP, within TLS records, and in the frames of a WebSocket.
// Runs alone: it sends thousands of messages as fast as it can.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { after, before } from "node:test";
import { connect as connectTls } from "node:tls";
import { Authority, type Certificate } from "../kit/certificates.ts";
import type { LoadBalancer } from "../kit/lb.ts";
import { reservePort } from "../kit/port.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";
import { Listener } from "../torture/listener.ts";

/** Connections that are cut beside each other, and how long the second piece waits for the first to have arrived. */
const ABREAST = 40;
const APART = 3;
const REGISTER_BYTES = 1568;

let authority: Authority;
let own: Certificate;
before(async () => {
  authority = await Authority.make();
  own = await authority.issue();
});
after(() => authority.close());

function message(method: string, callId: string, body: string): string {
  return (
    `${method} sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 10.9.9.9;branch=z9hG4bK${callId}\r\nMax-Forwards: 70\r\n` +
    `From: <sip:a@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: ${callId}\r\nCSeq: 1 ${method}\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`
  );
}

/** Three messages: one with a body that looks like another, one without a body, one with line ends in it. */
function three(id: string): string[] {
  return [
    message("INVITE", `${id}-a`, `v=0\r\n\r\n${message("BYE", "invented", "")}`),
    message("OPTIONS", `${id}-b`, ""),
    message("MESSAGE", `${id}-c`, "\r\n\r\nhello\r\n"),
  ];
}

function register(id: string): string[] {
  const bare = message("REGISTER", id, "x".repeat(1000)).length - 1000;
  return [message("REGISTER", id, "y".repeat(REGISTER_BYTES - bare))];
}

/** A WebSocket message in one frame, masked with zeros, as the bytes of the stream (RFC 6455 5.2). */
function framed(text: string, opcode = 0x81): string {
  const { length } = text;
  const size = length < 126 ? [0x80 | length] : [0xfe, length >> 8, length & 255];
  return `${String.fromCharCode(opcode, ...size)}\0\0\0\0${text}`;
}

const UPGRADE =
  "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n";

/** A way to the balancer: how it is opened, and what messages look like on it. */
interface Way {
  open(): Promise<Duplex>;
  onTheWire(messages: readonly string[]): string;
}

const joined = (messages: readonly string[]): string => messages.join("");

function waysTo(lb: LoadBalancer, webPort: number): Readonly<Record<string, Way>> {
  const dial = async (port: number): Promise<Duplex> => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true }).on("error", () => {});
    await once(socket, "connect");
    return socket.resume();
  };
  return {
    tcp: { open: () => dial(lb.address.port), onTheWire: joined },
    tls: {
      async open() {
        const socket = connectTls({ host: "127.0.0.1", port: lb.tlsPort, ca: authority.ca }).on("error", () => {});
        await once(socket, "secureConnect");
        return socket.setNoDelay(true).resume();
      },
      onTheWire: joined,
    },
    ws: {
      async open() {
        const socket = await dial(webPort);
        socket.write(UPGRADE);
        await once(socket, "data");
        return socket;
      },
      onTheWire: (messages) => messages.map((one) => framed(one)).join(""),
    },
  };
}

const write = (to: Duplex, text: string) => new Promise((resolve) => to.write(text, "latin1", resolve));

/** The body of each message that arrived, by its Call-ID; twice the same is an error. */
class Arrivals {
  readonly bodies = new Map<string, string>();
  readonly wrong: string[] = [];

  take(bytes: Buffer): void {
    const text = bytes.toString("latin1");
    const id = /\r\nCall-ID: ([^\r]*)/.exec(text)?.[1] ?? "none";
    if (this.bodies.has(id)) this.wrong.push(`${id} twice`);
    this.bodies.set(id, text.slice(text.indexOf("\r\n\r\n") + 4));
  }

  /** Waits until these have arrived, and checks them. */
  async gets(messages: readonly string[]): Promise<void> {
    const idOf = (text: string): string => /\r\nCall-ID: ([^\r]*)/.exec(text)?.[1] ?? "";
    const missing = () => messages.filter((one) => !this.bodies.has(idOf(one)));
    await until("all messages", () => missing().length === 0, 10_000).catch(() => {});
    for (const one of missing()) this.wrong.push(`${idOf(one)} did not arrive`);
    for (const one of messages)
      if (this.bodies.get(idOf(one)) !== one.slice(one.indexOf("\r\n\r\n") + 4))
        this.wrong.push(`${idOf(one)} changed`);
  }
}

/** Sends what `make` makes once for each offset, cut there. Returns how many cuts there were, and what was sent. */
async function cutEverywhere(way: Way, make: (id: string) => string[], name: string): Promise<[number, string[]]> {
  const { length } = way.onTheWire(make(`${name}-0000`));
  const sent: string[] = [];
  let next = 1;
  const lane = async (): Promise<void> => {
    const stream = await way.open();
    while (next < length) {
      const cut = next++;
      const messages = make(`${name}-${String(cut).padStart(4, "0")}`);
      const text = way.onTheWire(messages);
      await write(stream, text.slice(0, cut));
      await new Promise((resolve) => setTimeout(resolve, APART));
      await write(stream, text.slice(cut));
      sent.push(...messages);
    }
    stream.end();
  };
  await Promise.all(Array.from({ length: ABREAST }, lane));
  return [length - 1, sent];
}

scenario("exactly the messages that were sent arrive, however a stream is cut", { io: "batched" }, async ({ lb }) => {
  const arrivals = new Arrivals();
  const callee = await Listener.open({ address: "127.0.0.1", port: 0 }, (bytes) => arrivals.take(bytes));
  const { port: webPort } = await reservePort();
  const { listeners, ...tls } = (await lb.withTls(own)) as { listeners: string[] };
  const destination = { uri: `sip:127.0.0.1:${callee.local.port}`, opened: Promise.resolve() };
  const more = { listeners: [...listeners, `ws://127.0.0.1:${webPort}`], ...tls, forwarding: "stateless" };
  await lb.dispatches(1, "hash-call-id", [destination], {}, more);
  try {
    for (const [name, way] of Object.entries(waysTo(lb, webPort))) {
      const [cuts, messages] = await cutEverywhere(way, three, `${name}-three`);
      const [others, registers] = await cutEverywhere(way, register, `${name}-register`);
      const single = [...three(`${name}-bytes`), ...register(`${name}-bytes-r`)];
      const stream = await way.open();
      for (const byte of way.onTheWire(single)) await write(stream, byte);
      const whole = Array.from({ length: 20 }, (_, i) => [
        ...three(`${name}-${i}`),
        ...register(`${name}-${i}-r`),
      ]).flat();
      await write(stream, way.onTheWire(whole));
      const sent = [...messages, ...registers, ...single, ...whole];
      await arrivals.gets(sent);
      stream.destroy();
      assert.deepEqual(arrivals.wrong, []);
      console.log(
        `streams, ${name}: ${sent.length} of ${sent.length} messages through ${cuts + others} cuts, byte by byte, coalesced`,
      );
    }
    const stream = await waysTo(lb, webPort).ws!.open();
    const fragments: string[] = [];
    for (let cut = 0; cut <= REGISTER_BYTES; cut += 1) {
      const [text] = register(`fragment-${String(cut).padStart(4, "0")}`);
      await write(stream, framed(text!.slice(0, cut), 0x01) + framed(text!.slice(cut), 0x80));
      fragments.push(text!);
    }
    await arrivals.gets(fragments);
    stream.destroy();
    assert.deepEqual(arrivals.wrong, []);
    assert.equal(arrivals.bodies.has("invented"), false);
    console.log(
      `streams, ws: ${fragments.length} of ${fragments.length} messages in two fragments each, cut at every offset`,
    );
    assert.equal(await lb.metric("received_total"), arrivals.bodies.size);
  } finally {
    callee.close();
  }
});
