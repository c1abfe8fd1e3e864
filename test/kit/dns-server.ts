// A name server under a test's control, over UDP and TCP at one port. It answers from a zone; what a test wants to be wrong
// about an answer, it does itself in `script`.
import { createSocket, type Socket } from "node:dgram";
import { type AddressInfo, createServer, type Server } from "node:net";
import { type Answer, AUTHORITATIVE_ANSWER, decode, encode } from "dns-packet";

/** A question that came. */
export interface Asked {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly transport: "udp" | "tcp";
  /** Port of the client. */
  readonly port: number;
  /** The question as it came. */
  readonly bytes: Buffer;
}

/** Sends bytes back; returns true when the zone is not to be asked any more. */
export type DnsScript = (asked: Asked, reply: (bytes: Buffer) => void) => boolean;

/** Largest answer over UDP without EDNS (RFC 1035 section 4.2.1). */
const LARGEST = 512;
const NXDOMAIN = 3;

/** The server. */
export class DnsServer {
  readonly asked: Asked[] = [];
  /** Records, all types and names together; a test changes it at any time. */
  zone: readonly Answer[] = [];
  /** Minimum of the SOA that goes with negative answers; -1: no SOA. */
  negativeTtl = 60;
  script: DnsScript = () => false;
  /** While true it hears nothing. */
  isDeaf = false;
  readonly port: number;
  readonly #udp: Socket;
  readonly #tcp: Server;

  private constructor(udp: Socket, tcp: Server) {
    this.#udp = udp;
    this.#tcp = tcp;
    this.port = udp.address().port;
    udp.on("message", (bytes, { address, port }) => {
      this.#answer(bytes, "udp", port, (answer) => udp.send(answer, port, address));
    });
    tcp.on("connection", (socket) => {
      let held = Buffer.alloc(0);
      socket.on("error", () => undefined);
      socket.on("data", (part) => {
        held = Buffer.concat([held, Buffer.from(part as Buffer)]);
        if (held.length < 2 || held.length < 2 + held.readUInt16BE(0)) return;
        this.#answer(held.subarray(2), "tcp", socket.remotePort ?? 0, (answer) => {
          const length = Buffer.alloc(2);
          length.writeUInt16BE(answer.length);
          socket.write(Buffer.concat([length, answer]));
        });
      });
    });
  }

  /** Opens one on a port of 127.0.0.1 that is free for both transports. */
  static async open(): Promise<DnsServer> {
    for (;;) {
      const tcp = createServer();
      await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
      const { port } = tcp.address() as AddressInfo;
      const udp = createSocket("udp4");
      const isBound = await new Promise<boolean>((resolve) => {
        udp.once("error", () => resolve(false)).bind(port, "127.0.0.1", () => resolve(true));
      });
      if (isBound) return new DnsServer(udp, tcp);
      tcp.close();
      udp.close();
    }
  }

  /** Sends bytes to a port of 127.0.0.1 that did not ask. */
  send(bytes: Buffer, port: number): void {
    this.#udp.send(bytes, port, "127.0.0.1");
  }

  /** How it stands in a configuration. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Questions of a type about a name, so far. */
  count(name: string, type: string): number {
    return this.asked.filter((each) => each.name.toLowerCase() === name && each.type === type).length;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#udp.close(() => resolve()));
    await new Promise<void>((resolve) => this.#tcp.close(() => resolve()));
  }

  /** The answer that the zone has. */
  fromZone(asked: Asked): Buffer {
    const isOf = ({ name }: Answer) => name.toLowerCase() === asked.name.toLowerCase();
    const own = this.zone.filter(isOf);
    const answers = own.filter(({ type }) => type === asked.type || type === "CNAME");
    return answerTo(asked, answers, own.length > 0 ? 0 : NXDOMAIN, answers.length > 0 ? -1 : this.negativeTtl);
  }

  #answer(bytes: Buffer, transport: Asked["transport"], port: number, send: (bytes: Buffer) => void): void {
    if (this.isDeaf) return;
    const { id = 0, questions = [] } = decode(bytes);
    const [question] = questions;
    if (question === undefined) return;
    const asked = { id, name: question.name, type: question.type, transport, port, bytes };
    this.asked.push(asked);
    if (this.script(asked, send)) return;
    const answer = this.fromZone(asked);
    if (transport === "tcp" || answer.length <= LARGEST) {
      send(answer);
      return;
    }
    const truncated = answerTo(asked, []);
    truncated[2] = truncated[2]! | 0x02;
    send(truncated);
  }
}

/** An answer as bytes. `negativeTtl` -1: without SOA. */
export function answerTo(asked: Asked, answers: readonly Answer[], rcode = 0, negativeTtl = -1): Buffer {
  const soa = {
    mname: "ns.test",
    rname: "root.test",
    serial: 1,
    refresh: 1,
    retry: 1,
    expire: 1,
    minimum: negativeTtl,
  };
  return encode({
    type: "response",
    id: asked.id,
    flags: AUTHORITATIVE_ANSWER | rcode,
    questions: [{ name: asked.name, type: asked.type as "A", class: "IN" }],
    answers: [...answers],
    authorities: negativeTtl < 0 ? [] : [{ type: "SOA", name: "test", ttl: negativeTtl, data: soa }],
  });
}

/** An address record; `ttl` in seconds. */
export function addressRecord(name: string, address: string, ttl = 60): Answer {
  return { type: address.includes(":") ? "AAAA" : "A", name, ttl, data: address };
}

/** An SRV record. */
export function srvRecord(
  name: string,
  priority: number,
  weight: number,
  port: number,
  target: string,
  ttl = 60,
): Answer {
  return { type: "SRV", name, ttl, data: { priority, weight, port, target } };
}

/** A NAPTR record with flag s. */
export function naptrRecord(name: string, order: number, services: string, replacement: string, ttl = 60): Answer {
  return { type: "NAPTR", name, ttl, data: { order, preference: 10, flags: "s", services, regexp: "", replacement } };
}
