// The destinations of mixed calls: they remember hardly anything, and now and then one is restarted, deaf meanwhile.
import { ENDPOINT_WORDS } from "../../src/net/endpoint.ts";
import type { Wire } from "../calls/wire.ts";
import { header, kindOf, read, response, stir, type Text } from "./message.ts";

/** RFC 4028's shortest: what nobody hangs up is found by it. */
const SESSION = "Session-Expires: 90;refresher=uac\r\n";

/** All of them. */
export class Servers {
  readonly isDeaf: boolean[];
  readonly #wire: Wire;
  readonly #contacts: readonly string[];
  /** INVITEs that ring; Record-Routes of calls that the callee will end. */
  readonly #ringing = new Map<string, Text>();
  readonly #routes = new Map<number, string>();
  #byes = 0;

  constructor(wire: Wire, hosts: readonly string[], port: number) {
    this.#wire = wire;
    this.#contacts = hosts.map((host) => `Contact: <sip:callee@${host}:${port}>\r\n`);
    this.isDeaf = hosts.map(() => false);
  }

  /** Answers what has come; returns how many messages. */
  turn(): number {
    const { destinations, inbox, outbox } = this.#wire;
    let heard = 0;
    for (const source of destinations) {
      const count = source.receive();
      heard += count;
      if (this.isDeaf[source.destination]) continue;
      for (let i = 0; i < count; i++) {
        const message = read(inbox.bytes.toString("latin1", inbox.start[i], inbox.end[i]));
        const send = (text: string): void => {
          const length = outbox.bytes.write(text, outbox.claim(), "latin1");
          outbox.commit(length, source.socket, inbox.peer, i * ENDPOINT_WORDS);
        };
        this.#take(message, source.destination, send);
      }
      outbox.flush();
    }
    return heard;
  }

  #take(message: Text, at: number, send: (text: string) => void): void {
    const method = message.first.slice(0, message.first.indexOf(" "));
    const key = `${message.number}/${at}`;
    if (method === "INVITE") this.#invite(message, at, key, send);
    else if (method === "BYE") send(response(message, 200, "late"));
    else if (method === "ACK") this.#acknowledged(message, send);
    else if (method === "CANCEL") {
      send(response(message, 200, "a"));
      const invite = this.#ringing.get(key);
      if (invite === undefined) return;
      this.#ringing.delete(key);
      send(response(invite, 487, "a"));
    }
  }

  #invite(invite: Text, at: number, key: string, send: (text: string) => void): void {
    const { number } = invite;
    const kind = kindOf(number);
    const answer = (tag: string) => send(response(invite, 200, tag, this.#contacts[at]! + SESSION));
    const isOdd = stir(number, at, 2) === 1;
    if (kind === "busy") send(response(invite, 486, "a"));
    else if (kind === "cancelled" || (kind === "race" && isOdd)) {
      this.#ringing.set(key, invite);
      send(response(invite, 180, "a"));
    } else if (kind === "refused" && isOdd) send(response(invite, number % 2 === 0 ? 500 : 503, "a"));
    else if (kind !== "silent" || !isOdd) {
      if (kind === "callee" || kind === "both") this.#routes.set(number, header(invite, "Record-Route"));
      if (kind === "race") send(response(invite, 180, "a"));
      answer("a");
      if (kind === "fork") answer("b");
    }
  }

  /** The callee hangs up as soon as it can. */
  #acknowledged(ack: Text, send: (text: string) => void): void {
    const route = this.#routes.get(ack.number);
    if (route === undefined) return;
    this.#routes.delete(ack.number);
    const caller = header(ack, "Contact").replace(/^<|>$/g, "");
    send(
      `BYE ${caller} SIP/2.0\r\nVia: SIP/2.0/UDP callee.invalid;branch=z9hG4bKc${this.#byes++};rport\r\nMax-Forwards: 70\r\nRoute: ${route}\r\n` +
        `From: ${header(ack, "To")}\r\nTo: ${header(ack, "From")}\r\nCall-ID: ${header(ack, "Call-ID")}\r\nCSeq: 9 BYE\r\nContent-Length: 0\r\n\r\n`,
    );
  }

  /** A restart: nothing is heard until `isDeaf` is false again, and nothing is known. */
  forget(at: number): void {
    this.isDeaf[at] = true;
    for (const key of this.#ringing.keys()) if (key.endsWith(`/${at}`)) this.#ringing.delete(key);
  }
}
