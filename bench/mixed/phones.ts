// The callers of mixed calls: so many calls are open at a time, each of a kind that its number says.
import { ENDPOINT_WORDS } from "../../src/net/endpoint.ts";
import type { Wire } from "../calls/wire.ts";
import { header, type Kind, kindOf, read, response, type Text } from "./message.ts";

/** Milliseconds for which some calls last, and after which one that goes nowhere is given up. */
const HOLD = 300;
const PATIENCE = 12_000;

/** Running totals. */
export interface PhoneTotals {
  started: number;
  /** Calls that came to an end that their phone has seen, whichever. */
  ended: number;
  /** Calls whose phone has gone without a BYE. */
  lost: number;
  /** Calls that came to nothing within 12 s: somebody was deaf, or a datagram is gone. */
  abandoned: number;
  /** Answers to INVITEs, by class. */
  taken: number;
  refused: number;
}

interface Call {
  readonly number: number;
  readonly kind: Kind;
  readonly socket: number;
  readonly port: number;
  readonly begun: number;
  isCancelled: boolean;
}

interface Later {
  readonly due: number;
  readonly text: string;
  readonly socket: number;
}

/** All of them. `turn` is called over and over. */
export class Phones {
  readonly totals: PhoneTotals = { started: 0, ended: 0, lost: 0, abandoned: 0, taken: 0, refused: 0 };
  readonly #wire: Wire;
  readonly #host: string;
  readonly #open = new Map<number, Call>();
  #holding: Later[] = [];
  #first = 0;

  constructor(wire: Wire, host: string) {
    this.#wire = wire;
    this.#host = host;
  }

  get open(): number {
    return this.#open.size;
  }

  /** Begins calls until `most` are open or `last` have begun, and answers what has come; returns how many messages. */
  turn(most: number, last: number): number {
    const now = performance.now();
    for (let i = 0; i < 32 && this.#open.size < most && this.totals.started < last; i++) this.#begin(now);
    this.#due(now);
    const { callers, inbox, outbox } = this.#wire;
    let heard = 0;
    for (const { socket, receive } of callers) {
      const count = receive();
      heard += count;
      for (let i = 0; i < count; i++) {
        const message = read(inbox.bytes.toString("latin1", inbox.start[i], inbox.end[i]));
        if (message.first.startsWith("SIP/2.0 ")) this.#answered(message, now);
        else if (message.first.startsWith("BYE ")) {
          const length = outbox.bytes.write(response(message, 200, "x"), outbox.claim(), "latin1");
          outbox.commit(length, socket, inbox.peer, i * ENDPOINT_WORDS);
          this.#end(message.number);
        }
      }
      outbox.flush();
    }
    return heard;
  }

  #begin(now: number): void {
    const number = this.totals.started++;
    const caller = this.#wire.callers[number % this.#wire.callers.length]!;
    const { socket, port } = caller;
    const call = { number, kind: kindOf(number), socket, port, begun: now, isCancelled: false };
    this.#open.set(number, call);
    this.#send(this.#request(call, "INVITE"), socket);
    if (call.kind === "race") this.#cancel(call);
  }

  #cancel(call: Call): void {
    if (call.isCancelled) return;
    call.isCancelled = true;
    this.#send(this.#request(call, "CANCEL"), call.socket);
  }

  /** A request outside of dialogs, with the INVITE's branch. */
  #request({ number, kind, port }: Call, method: "INVITE" | "CANCEL", to = ""): string {
    return (
      `${method} sip:${kind}${number}@example.com SIP/2.0\r\nVia: SIP/2.0/UDP ${this.#host}:${port};branch=z9hG4bKi${number};rport\r\n` +
      `Max-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=f${number}\r\nTo: <sip:${kind}${number}@example.com>${to}\r\n` +
      `Call-ID: ${number}@mixed\r\nCSeq: 1 ${method}\r\nContact: <sip:alice@${this.#host}:${port}>\r\nContent-Length: 0\r\n\r\n`
    );
  }

  #answered(message: Text, now: number): void {
    const status = Number(message.first.slice(8, 11));
    const cseq = header(message, "CSeq");
    const call = this.#open.get(message.number);
    if (cseq.endsWith("BYE")) {
      if (status >= 200) this.#end(message.number);
    } else if (!cseq.endsWith("INVITE")) return;
    else if (status < 200) {
      if (call?.kind === "cancelled" && status > 100) this.#cancel(call);
    } else if (status >= 300) this.#refused(message, call);
    else this.#taken(message, call, now);
  }

  #refused(message: Text, call: Call | undefined): void {
    if (call === undefined) return;
    const to = header(message, "To");
    const ack = this.#request(call, "INVITE", to.slice(to.indexOf(">") + 1));
    this.#send(ack.replace(/^INVITE/, "ACK").replace("1 INVITE", "1 ACK"), call.socket);
    this.totals.refused++;
    this.#end(message.number);
  }

  #taken(message: Text, call: Call | undefined, now: number): void {
    if (call === undefined) return;
    this.#send(this.#inDialog(message, call, "ACK", 1), call.socket);
    this.totals.taken++;
    const { kind, socket, number } = call;
    const bye = () => this.#inDialog(message, call, "BYE", 2);
    if (kind === "lost") {
      this.totals.lost++;
      this.#open.delete(number);
    } else if (kind === "plain") this.#holding.push({ due: now + HOLD, text: bye(), socket });
    else if (kind !== "callee") this.#send(bye(), socket);
  }

  #inDialog(answer: Text, { port, number }: Call, method: "ACK" | "BYE", cseq: number): string {
    const to = header(answer, "To");
    const contact = header(answer, "Contact").replace(/^<|>$/g, "");
    const branch = `${method}${number}${to.slice(to.lastIndexOf("=") + 1)}`;
    return (
      `${method} ${contact} SIP/2.0\r\nVia: SIP/2.0/UDP ${this.#host}:${port};branch=z9hG4bK${branch};rport\r\nMax-Forwards: 70\r\n` +
      `Route: ${header(answer, "Record-Route")}\r\nFrom: ${header(answer, "From")}\r\nTo: ${to}\r\nCall-ID: ${header(answer, "Call-ID")}\r\n` +
      `CSeq: ${cseq} ${method}\r\nContact: <sip:alice@${this.#host}:${port}>\r\nContent-Length: 0\r\n\r\n`
    );
  }

  #due(now: number): void {
    for (; this.#first < this.#holding.length && this.#holding[this.#first]!.due <= now; this.#first++) {
      const { text, socket } = this.#holding[this.#first]!;
      this.#send(text, socket);
    }
    if (this.#first > 4096) {
      this.#holding = this.#holding.slice(this.#first);
      this.#first = 0;
    }
    // Oldest first: a Map keeps the order in which calls began.
    for (const { number, begun } of this.#open.values()) {
      if (now - begun < PATIENCE) break;
      this.totals.abandoned++;
      this.#open.delete(number);
    }
    this.#wire.outbox.flush();
  }

  #end(number: number): void {
    if (this.#open.delete(number)) this.totals.ended++;
  }

  #send(text: string, socket: number): void {
    const { outbox, balancer } = this.#wire;
    const length = outbox.bytes.write(text, outbox.claim(), "latin1");
    outbox.commit(length, socket, balancer, 0);
  }
}
