// Traffic that makes sense before it is damaged: requests, the answers of those who got them, and what follows in the
// dialogs that come of it. What leaves the balancer is remembered here, so that it can be answered.
import { DESTINATION_WORDS, type Snapshot } from "../../src/bridge/snapshot.ts";
import { ENDPOINT_WORDS, formatEndpoint, parseEndpoint } from "../../src/net/endpoint.ts";
import type { Chance } from "./chance.ts";
import { LINES, METHODS, STATUSES } from "./dictionary.ts";
import type { Draft } from "./draft.ts";
import { BODY, CALLS, Phrasing } from "./phrasing.ts";

const REMEMBERED = 96;
/** What our Path begins with. */
const FLOW = "\r\nPath: <sip:fl.";
const CALLERS = [
  "192.0.2.3:5060",
  "192.0.2.3:5062",
  "192.0.2.4:5060",
  "192.0.2.66:5060",
  "203.0.113.5:1234",
  "203.0.113.6:65535",
  "192.0.2.7:1",
  "[2001:db8::33]:5060",
  "[2001:db8::34]:6000",
];

interface Somebody {
  readonly words: Int32Array;
  readonly text: string;
}

/** A message that left the balancer. */
interface Seen {
  readonly head: string;
  readonly at: Somebody;
  readonly listener: number;
}

/** A datagram that arrived. */
interface Arrived {
  readonly bytes: Buffer;
  readonly from: Somebody;
  readonly listener: number;
}

/** Makes the next datagram; `from` and `listener` say who sends it where. */
export class Traffic {
  from: Somebody;
  listener = 0;
  readonly #chance: Chance;
  readonly #callers: readonly Somebody[];
  readonly #pool: readonly Somebody[] = [];
  readonly #phrasing: Phrasing;
  readonly #isV6: readonly boolean[];
  readonly #requests: Seen[] = [];
  readonly #responses: Seen[] = [];
  readonly #registrations: Seen[] = [];
  readonly #arrived: Arrived[] = [];

  constructor(chance: Chance, snapshot: Snapshot) {
    this.#chance = chance;
    this.#callers = CALLERS.map(somebody);
    this.from = this.#callers[0]!;
    this.#pool = Array.from({ length: snapshot.destinationRows }, (_, slot) =>
      somebody(formatEndpoint(snapshot.destinations, slot * DESTINATION_WORDS)),
    );
    const own = snapshot.listeners.map((listener) => listener.sentBy);
    this.#phrasing = new Phrasing(chance, CALLERS, own);
    this.#isV6 = snapshot.listeners.map((listener) => listener.isV6);
  }

  /** Something left the balancer. */
  observe(bytes: Buffer, start: number, end: number, isRequest: boolean, peer: Int32Array, listener: number): void {
    if (end - start > 8000) return;
    const close = bytes.indexOf("\r\n\r\n", start, "latin1");
    const at = { words: Int32Array.from(peer), text: "" };
    const seen = { head: bytes.toString("latin1", start, close), at, listener };
    const list = isRequest ? this.#requests : this.#responses;
    this.#keep(list, seen);
    if (isRequest && seen.head.includes(FLOW)) this.#keep(this.#registrations, seen);
  }

  #keep(list: Seen[], seen: Seen): void {
    if (list.length < REMEMBERED) list.push(seen);
    else list[this.#chance.below(REMEMBERED)] = seen;
  }

  /** Something is about to arrive: it may come again. */
  note(draft: Draft): void {
    if (draft.length > 4000 || !this.#chance.once(4)) return;
    const { from, listener } = this;
    const arrived = { bytes: draft.copy(0, draft.length), from, listener };
    if (this.#arrived.length < REMEMBERED) this.#arrived.push(arrived);
    else this.#arrived[this.#chance.below(REMEMBERED)] = arrived;
  }

  /** Bytes of some earlier datagram. */
  foreign(): Uint8Array {
    return this.#arrived.length === 0
      ? Buffer.from("INVITE sip:x SIP/2.0\r\n\r\n")
      : this.#chance.pick(this.#arrived).bytes;
  }

  /** A request or response that left, with the one that got it: for the network to return. */
  returned(draft: Draft): Int32Array | null {
    if (this.#requests.length === 0) return null;
    const { head, at } = this.#chance.pick(this.#requests);
    draft.set(head);
    return at.words;
  }

  /** The next message. */
  make(draft: Draft): void {
    const chance = this.#chance;
    const kind = chance.below(100);
    if (kind < 36 && this.#requests.length > 0) this.#answer(draft, chance.pick(this.#requests));
    else if (kind < 52 && this.#responses.length > 0) this.#follow(draft, chance.pick(this.#responses));
    else if (kind < 60 && this.#requests.length > 0) this.#fromCallee(draft, chance.pick(this.#requests));
    else if (kind < 62 && this.#registrations.length > 0) this.#fromRegistrar(draft, chance.pick(this.#registrations));
    else if (kind < 65 && this.#requests.length > 0) this.#spiral(draft, chance.pick(this.#requests));
    else if (kind < 72 && this.#arrived.length > 0) this.#again(draft, chance.pick(this.#arrived));
    else this.#request(draft);
    // Somebody else says the same.
    if (chance.once(24)) this.#comeFrom(chance.pick(chance.once(4) ? this.#pool : this.#callers));
  }

  /** Whoever sends what a file says. */
  anybody(): void {
    this.#comeFrom(this.#chance.pick(this.#callers));
  }

  #comeFrom(from: Somebody): void {
    this.from = from;
    const isV6 = from.text.startsWith("[");
    this.listener = this.#isV6.indexOf(isV6);
    if (this.listener < 0) this.listener = 0;
  }

  /** A new request: mostly from a caller, mostly as phones write it. */
  #request(draft: Draft): void {
    const chance = this.#chance;
    const isOfPool = chance.once(8);
    this.#comeFrom(chance.pick(isOfPool ? this.#pool : this.#callers));
    const method = chance.pick(METHODS);
    const call = chance.below(CALLS);
    const cseq = chance.once(4) ? 1 + chance.below(4) : 1;
    const from = `<sip:${call % 31 === 0 ? "scanner" : `a${call % 7}`}@example.com>;tag=f${call % 5}`;
    const to = `<sip:b${call % 3}@example.com>${chance.once(10) ? `;tag=${this.#phrasing.tag()}` : ""}`;
    draft.set(
      this.#phrasing.request(
        this.from.text,
        method,
        this.#phrasing.uri(isOfPool),
        this.#phrasing.extra(),
        from,
        to,
        `c${call}`,
        cseq,
        "",
      ),
    );
  }

  /** What a destination answers to what it got. */
  #answer(draft: Draft, { head, at, listener }: Seen): void {
    const chance = this.#chance;
    const status = chance.pick(STATUSES);
    const tag = this.#phrasing.tag();
    let text = `SIP/2.0 ${status} ${chance.once(20) ? "" : "Whatever"}`;
    for (const line of head.split("\r\n")) {
      if (!/^(?:v|via|record-route|f|from|t|to|i|call-id|cseq)[ \t]*:/i.test(line) && !/^[ \t]/.test(line)) continue;
      const isTo = /^(?:t|to)[ \t]*:/i.test(line);
      text += `\r\n${isTo && status > 100 && !line.includes(";tag=") ? `${line};tag=${tag}` : line}`;
    }
    // A registrar repeats what it keeps.
    const kept = head.startsWith("REGISTER") && chance.once(2) ? field(head, "contact") : "";
    const contact = kept === "" ? "<sip:10.0.0.1:5060>" : `${kept};expires=${chance.pick([0, 5, 60])}`;
    text += `\r\nContact: ${contact}\r\n${chance.once(6) ? `${chance.pick(LINES)}\r\n` : ""}`;
    const body = status === 200 && chance.once(3) ? BODY : "";
    draft.set(`${text}${chance.once(5) ? "" : `Content-Length: ${body.length}\r\n`}\r\n${body}`);
    // All Via values on one line; the answer to a probe.
    if (chance.once(12))
      draft.set(
        draft.bytes.toString("latin1", 0, draft.length).replaceAll(/\r\nVia: (SIP.*)\r\nVia: /g, "\r\nVia: $1, "),
      );
    if (chance.once(40)) draft.set(draft.bytes.toString("latin1", 0, draft.length).replace("z9hG4bKs", "z9hG4bKp"));
    this.from = at;
    this.listener = listener;
  }

  /** What a caller says in the dialog of a response that it got, or to it. */
  #follow(draft: Draft, { head, at, listener }: Seen): void {
    const chance = this.#chance;
    const method = chance.pick(["ACK", "ACK", "BYE", "CANCEL", "INVITE", "PRACK", "UPDATE", "INFO", "REFER"]);
    const cseq = Number.parseInt(field(head, "cseq"), 10) || 1;
    const routes = fields(head, "record-route").reverse();
    const route = routes.length === 0 || chance.once(12) ? "" : `Route: ${routes.join(", ")}\r\n`;
    const isSame = method === "ACK" || method === "CANCEL";
    // ACK and CANCEL have the branch of their INVITE; the ACK to a 2xx has one of its own.
    const via = isSame && chance.once(2) ? field(head, "via") : "";
    const to = method === "CANCEL" ? field(head, "to").replace(/;tag=.*/, "") : field(head, "to");
    this.from = { words: at.words, text: formatEndpoint(at.words, 0) };
    this.listener = listener;
    const uri = chance.once(8) && routes.length > 0 ? routes[0]!.slice(1, -1) : this.#phrasing.uri(false);
    const next = isSame ? cseq : cseq + 1 + chance.below(2);
    draft.set(
      this.#phrasing.request(
        this.from.text,
        method,
        uri,
        `${route}${this.#phrasing.extra()}`,
        field(head, "from"),
        to,
        field(head, "call-id"),
        next,
        via,
      ),
    );
  }

  /** What a callee says in the dialog of an INVITE that it got. */
  #fromCallee(draft: Draft, { head, at, listener }: Seen): void {
    const chance = this.#chance;
    const method = chance.pick(["BYE", "INVITE", "NOTIFY", "UPDATE", "ACK", "INFO"]);
    const routes = fields(head, "record-route");
    const route = routes.length === 0 || chance.once(8) ? "" : `Route: ${routes.join(", ")}\r\n`;
    const to = field(head, "to");
    const from = to.includes(";tag=") ? to : `${to};tag=${this.#phrasing.tag()}`;
    this.from = { words: at.words, text: formatEndpoint(at.words, 0) };
    this.listener = listener;
    const uri = /<(sip:[^>]*)>/.exec(field(head, "contact"))?.[1] ?? this.#phrasing.uri(true);
    draft.set(
      this.#phrasing.request(
        this.from.text,
        method,
        uri,
        `${route}${this.#phrasing.extra()}`,
        from,
        field(head, "from"),
        field(head, "call-id"),
        1 + chance.below(3),
        "",
      ),
    );
  }

  /** What the registrar, or somebody who has seen the Path, sends to a phone that has registered. */
  #fromRegistrar(draft: Draft, { head, at, listener }: Seen): void {
    const chance = this.#chance;
    const paths = fields(head, "path");
    if (chance.once(6)) paths.unshift(chance.pick(paths));
    if (chance.once(8)) paths.push("<sip:198.18.0.14;lr>");
    const route = `Route: ${paths.join(chance.once(4) ? "\r\nRoute: " : ", ")}\r\n`;
    const number = `p${chance.below(CALLS)}`;
    this.from = { words: at.words, text: formatEndpoint(at.words, 0) };
    this.listener = listener;
    if (chance.once(3)) this.#comeFrom(chance.pick(this.#callers));
    const to = field(head, "to").replace(/;tag=.*/, "");
    const from = `<sip:registrar@example.com>;tag=${this.#phrasing.tag()}`;
    const method = chance.pick(["INVITE", "INVITE", "OPTIONS", "NOTIFY", "MESSAGE", "ACK", "BYE", "CANCEL"]);
    // By the Contact that we repaired, or by our Path.
    const kept = /<(sip:[^>]*)>/.exec(field(head, "contact"))?.[1];
    const isKept = kept !== undefined && chance.once(3);
    const uri = isKept ? kept : this.#phrasing.uri(true);
    const more = `${isKept ? "" : route}${this.#phrasing.extra()}`;
    draft.set(this.#phrasing.request(this.from.text, method, uri, more, from, to, number, 1, ""));
  }

  /** Whoever got it sends it back to us. */
  #spiral(draft: Draft, { head, at, listener }: Seen): void {
    draft.set(`${head.replace(/\r\nContent-Length:.*/, "")}\r\n\r\n`);
    this.from = { words: at.words, text: "" };
    this.listener = listener;
  }

  /** The very same datagram again. */
  #again(draft: Draft, { bytes, from, listener }: Arrived): void {
    draft.set(bytes);
    this.from = from;
    this.listener = listener;
  }
}

function somebody(text: string): Somebody {
  const words = new Int32Array(ENDPOINT_WORDS);
  const colon = text.lastIndexOf(":");
  parseEndpoint(text.slice(0, colon), Number(text.slice(colon + 1)), words, 0);
  return { words, text };
}

/** All values of a header, lines and lists apart. */
function fields(head: string, name: string): string[] {
  const lines = head.split("\r\n").filter((line) => line.toLowerCase().startsWith(`${name}:`));
  return lines.flatMap((line) => line.slice(name.length + 1).split(",")).map((value) => value.trim());
}

/** The first line of a header, without its name; empty when there is none. */
function field(head: string, name: string): string {
  const line = head.split("\r\n").find((one) => one.toLowerCase().startsWith(`${name}:`));
  return line === undefined ? "" : line.slice(name.length + 1).trim();
}
