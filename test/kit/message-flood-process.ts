// Run by a test as a process of its own: connections from one address that send whole requests as fast as they are taken.
// Argument: a `MessageFloodPlan` as JSON. Tells its parent when all of them are there.
import { connect, type Socket } from "node:net";
import type { Peer } from "../../src/ua/transport.ts";

/** What it is started with. */
export interface MessageFloodPlan {
  readonly to: Peer;
  /** The address that it comes from. */
  readonly from: string;
  readonly connections: number;
  readonly method: string;
}

/** Requests of one write. */
const ABREAST = 100;

const { to, from, connections, method } = JSON.parse(process.argv[2] ?? "") as MessageFloodPlan;
let number = 0;
let open = 0;

function request(): string {
  const id = `flood${number++}`;
  return (
    `${method} sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 10.9.9.9:5070;branch=z9hG4bK${id};rport\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nContact: <sip:a@10.9.9.9>\r\n` +
    `Call-ID: ${id}\r\nCSeq: 1 ${method}\r\nContent-Length: 0\r\n\r\n`
  );
}

function flood(socket: Socket): void {
  let goesOn = true;
  while (goesOn) goesOn = socket.write(Array.from({ length: ABREAST }, request).join(""), "latin1");
  socket.once("drain", () => flood(socket));
}

for (let i = 0; i < connections; i++) {
  const socket = connect({ host: to.address, port: to.port, localAddress: from });
  socket.on("error", () => undefined).resume();
  socket.once("connect", () => {
    if (++open === connections) process.send?.("there");
    flood(socket);
  });
}
process.on("disconnect", () => process.exit());
