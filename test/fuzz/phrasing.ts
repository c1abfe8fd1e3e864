// How phones and servers write a request, and what they might write into it to lead the balancer astray.
import type { Chance } from "./chance.ts";
import { LINES } from "./dictionary.ts";

/** Call-IDs in use. */
export const CALLS = 400;
/** A session description, for those who look whether bodies come through whole. */
export const BODY =
  "v=0\r\no=- 1 1 IN IP4 192.0.2.3\r\ns=-\r\nc=IN IP4 192.0.2.3\r\nt=0 0\r\nm=audio 49172 RTP/AVP 0 8\r\n";

/** Writes requests. */
export class Phrasing {
  readonly #chance: Chance;
  readonly #callers: readonly string[];
  readonly #own: readonly string[];

  /** `callers` and `own` are addresses: those of phones, and those by which the balancer is known. */
  constructor(chance: Chance, callers: readonly string[], own: readonly string[]) {
    this.#chance = chance;
    this.#callers = callers;
    this.#own = own;
  }

  /** A whole request of `sender`; `extra` are header lines, `via` the value of its Via or nothing. */
  request(
    sender: string,
    method: string,
    uri: string,
    extra: string,
    from: string,
    to: string,
    call: string,
    cseq: number,
    via: string,
  ): string {
    const chance = this.#chance;
    const sentBy = chance.once(6)
      ? chance.pick(["host.invalid", "192.168.1.9:5070", "198.18.9.9", "[2001:db8::99]", this.#own[0]!])
      : sender;
    const branch = chance.once(20)
      ? ""
      : `;branch=z9hG4bK${call}-${cseq}-${method === "ACK" || method === "CANCEL" ? "INVITE" : method}`;
    const top = via !== "" ? via : `SIP/2.0/UDP ${sentBy}${branch}${chance.once(3) ? "" : ";rport"}${this.#viaTail()}`;
    const body = chance.once(5) ? BODY : "";
    const length = chance.once(6) ? "" : `Content-Length: ${body.length}\r\n`;
    const contact = chance.once(4) ? "" : `Contact: <sip:a@${chance.once(6) ? this.#victim() : sender}>\r\n`;
    const hops = chance.once(12) ? "" : `Max-Forwards: ${chance.once(30) ? chance.below(3) : 70}\r\n`;
    return (
      `${method} ${uri} SIP/2.0\r\nVia: ${top}\r\n${hops}${extra}From: ${from}\r\nTo: ${to}\r\nCall-ID: ${call}\r\nCSeq: ${cseq} ${method}\r\n` +
      `${contact}${length}\r\n${body}`
    );
  }

  #viaTail(): string {
    const chance = this.#chance;
    if (!chance.once(12)) return "";
    const victim = this.#victim();
    return chance.pick([
      `;received=${victim}`,
      `;maddr=${victim}`,
      ";ttl=1;x=y",
      `, SIP/2.0/TCP ${victim};branch=z9hG4bKb`,
      `\r\nv: SIP/2.0/UDP ${victim}`,
    ]);
  }

  /** Header lines that not every request has, or none. */
  extra(): string {
    const chance = this.#chance;
    if (!chance.once(5)) return "";
    const own = chance.pick(this.#own);
    const victim = this.#victim();
    return chance.pick([
      `Route: <sip:${own};lr>\r\n`,
      `Route: <sip:${own};lr>, <sip:${victim};lr>\r\n`,
      `Route: <sip:${victim};lr>\r\n`,
      `Record-Route: <sip:${victim};lr>\r\n`,
      `Replaces: c${chance.below(CALLS)};to-tag=t;from-tag=f1\r\n`,
      "Proxy-Require: foo\r\n",
      `${chance.pick(LINES)}\r\n`,
      "Subject: a\r\n b\r\nX-Long: y\r\n",
    ]);
  }

  /** A request URI; whoever is of the pool may ask for any address. */
  uri(isOfPool: boolean): string {
    const chance = this.#chance;
    if (isOfPool)
      return `sip:x@${chance.pick([chance.pick(this.#callers), this.#victim(), "host.invalid", this.#own[0]!])}`;
    return chance.pick([
      "sip:bob@example.com",
      "sip:bob@example.com",
      "sip:100@example.com",
      "sip:b@[2001:db8::1]:5060;transport=udp",
      "tel:+491234",
      `sip:x@${this.#victim()}:5060`,
      `sip:x@${this.#own[0]}`,
      "sips:bob@example.com",
      "sip:bob@example.com;maddr=198.18.3.3;lr",
    ]);
  }

  /** The tag of a callee. */
  tag(): string {
    return this.#chance.pick(["t", "t", "t", "u"]);
  }

  /** An address that nobody ever sends from. */
  #victim(): string {
    return `198.18.${this.#chance.below(256)}.${this.#chance.below(256)}`;
  }
}
