// A trusted proxy says in clear for whom it comes, and then it is TLS, or a WebSocket, or both: the header ends where it says, whatever comes in one piece with it.
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { after, before } from "node:test";
import { connect as tlsConnect } from "node:tls";
import { WebSocket } from "ws";
import { Authority, type Certificate } from "../kit/certificates.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const PROXY = "127.0.0.9";
const TEXT = Buffer.from("PROXY TCP4 10.9.8.7 192.0.2.1 42258 5061\r\n");
const BINARY = Buffer.from("0d0a0d0a000d0a515549540a2111000c0a090807c0000201a51213c5", "hex");

type Carried = "tls" | "ws" | "wss";
/** The proxy's connection, and what came back over it. */
interface Line {
  readonly raw: Socket;
  readonly received: () => string;
}

/** A request of its own: the answer to a repeated one goes over the connection of the first, while that is there. */
function options(id: string, transport: Carried): string {
  const via = `SIP/2.0/${transport.toUpperCase()}`;
  return (
    `OPTIONS sip:bob@example.com SIP/2.0\r\nVia: ${via} 10.9.9.9:5070;branch=z9hG4bK${id};rport\r\nMax-Forwards: 70\r\n` +
    `From: <sip:a@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: ${id}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`
  );
}

let authority: Authority;
let own: Certificate;
before(async () => {
  authority = await Authority.make();
  own = await authority.issue();
});
after(() => authority.close());

/** The proxy's end of its connection to us: what is written first is preceded by the header, and leaves in pieces of this size. */
function proxied(socket: Socket, header: Buffer, piece: number): Duplex {
  let isFirst = true;
  const duplex = new Duplex({
    read() {},
    async write(chunk: Buffer, _encoding, done) {
      if (!isFirst) {
        socket.write(chunk, done);
        return;
      }
      isFirst = false;
      const all = Buffer.concat([header, chunk]);
      for (let at = 0; at < all.length; at += piece) {
        await new Promise((resolve) => socket.write(all.subarray(at, at + piece), resolve));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      done();
    },
  });
  socket.setNoDelay(true);
  socket.on("data", (bytes) => duplex.push(bytes)).on("close", () => duplex.push(null));
  socket.on("error", () => {});
  return duplex;
}

/** Says `text` over a connection of the proxy, behind `header`. */
function says(text: string, transport: Carried, port: number, header: Buffer, piece: number): Line {
  const raw = connect({ host: "127.0.0.1", port, localAddress: PROXY });
  const carrier = proxied(raw, header, piece);
  const inside = transport === "ws" ? carrier : tlsConnect({ socket: carrier, host: "127.0.0.1", ca: authority.ca });
  inside.on("error", () => {});
  let received = "";
  const hears = (data: unknown): void => {
    received += String(data);
  };
  if (transport === "tls") {
    inside.on("data", hears).write(text);
  } else {
    const createConnection = () => inside as Socket;
    const socket = new WebSocket(`${transport}://127.0.0.1:${port}`, "sip", { createConnection });
    socket.on("message", hears).on("error", () => {});
    socket.on("open", () => socket.send(text));
  }
  return { raw, received: () => received };
}

for (const transport of ["tls", "ws", "wss"] as const)
  scenario(
    `${transport} behind a trusted proxy is its client's, in whatever pieces it comes`,
    { io: "batched" },
    async ({ lb, destination }) => {
      const port = lb.tlsPort;
      const listener = {
        uri: `${transport}://127.0.0.1:${port}`,
        proxy_protocol: { from: [`${PROXY}/32`] },
        allow: ["10.9.8.7"],
      };
      const listeners = [`udp://127.0.0.1:${lb.address.port}`, listener];
      const streams = { message_timeout: "500ms" };
      const section = { ...(await lb.withTls(own)), listeners, streams };
      await lb.dispatches(1, "priority", [destination.answers(200)], {}, section);
      for (const header of [TEXT, BINARY]) {
        for (const piece of [65_536, header.length, 7]) {
          const text = options(`${header.length}-${piece}`, transport);
          const { raw, received } = says(text, transport, port, header, piece);
          await until(`an answer, ${piece} bytes at a time`, () => received().includes("SIP/2.0 200 "));
          assert.match(received(), /;received=10\.9\.8\.7/);
          raw.destroy();
        }
      }
      // Without the header it is nobody's, however good the rest of it is.
      const { raw } = says(options("silent", transport), transport, port, Buffer.alloc(0), 65_536);
      await until("it to be closed", () => raw.destroyed);
      await lb.untilMetric("stream_closed_total", 1, { reason: "proxy_header" });
    },
  );
