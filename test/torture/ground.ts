// The proving ground: the real program between one sender and one destination, and every message of both remembered.
import { headerOf, type ParsedMessage, parseMessage } from "../../src/ua/parsed-message.ts";
import type { Peer } from "../../src/ua/transport.ts";
import { LoadBalancer, type Section } from "../kit/lb.ts";
import { until } from "../kit/wait.ts";
import { okTo } from "./answerer.ts";
import { DatagramWire } from "./datagram-wire.ts";
import { faultsOf } from "./faults.ts";
import { type Hearing, Listener } from "./listener.ts";
import { StreamCallee, StreamWire } from "./stream-wire.ts";
import { WebSocketCallee, WebSocketWire } from "./websocket-wire.ts";
import type { Callee, Wire, WireName } from "./wire.ts";

const WIRES = { udp: DatagramWire, tcp: StreamWire, ws: WebSocketWire };
const CALLEES = { udp: Listener, tcp: StreamCallee, ws: WebSocketCallee };
/** How long nothing must come before it is believed that nothing will, in milliseconds. */
const SILENCE = 60;
/** Valid calls after a silence: enough to pass through every worker behind what was sent before. */
const SENTINELS = 8;

/** A message that came out of the balancer. */
export interface Heard {
  readonly at: "destination" | "sender";
  readonly bytes: Buffer;
  readonly message: ParsedMessage | null;
}

/** What became of one case. */
export interface Outcome {
  /** F forwarded, D dropped, else the status of the answer. */
  readonly code: string;
  readonly forwarded: readonly Buffer[];
  readonly replies: readonly ParsedMessage[];
}

/** How a ground is laid out. */
export interface GroundOptions {
  /** Last byte of the sender's and the destination's loopback addresses; each test file has its own. */
  readonly place: number;
  readonly forwarding: "stateful" | "stateless";
  /** How the cases are sent, and how the destination is reached; default: UDP. */
  readonly wire?: WireName;
  /** Numeric address of the sender, when it is not of `127.0.26.0/24`. */
  readonly sender?: string;
  /** More of the configuration. */
  readonly config?: (port: number) => Section;
}

/** One balancer and what is around it. */
export class Ground {
  readonly lb: LoadBalancer;
  readonly heard: Heard[] = [];
  /** Cookies and transactions of the STUN requests that were sent. */
  readonly #stun = new Set<string>();
  /** Messages sent to the balancer, by the sender or the destination. */
  sent = 0;
  #wire: Wire | undefined;
  #destination: Callee | undefined;
  #host: string;
  #to: Peer;
  #calls = 0;
  #used: Set<string> = new Set();

  private constructor(lb: LoadBalancer, host: string) {
    this.lb = lb;
    this.#host = host;
    this.#to = { address: host === "::1" ? "::1" : "127.0.0.1", port: lb.address.port };
  }

  /** Starts the balancer; the corpora know it as 127.0.0.1:5060, which it therefore advertises. */
  static async open(options: GroundOptions): Promise<Ground> {
    const lb = await LoadBalancer.prepare("auto");
    const ground = new Ground(lb, options.sender ?? `127.0.26.${options.place}`);
    try {
      await ground.#start(options);
    } catch (error) {
      await ground.close().catch(() => {});
      throw error;
    }
    return ground;
  }

  async #start(options: GroundOptions): Promise<void> {
    const { lb } = this;
    const name = options.wire ?? "udp";
    const address = `127.0.27.${options.place}`;
    const hearing: Hearing = (bytes, from) => this.#arrives("destination", bytes, from);
    this.#destination = await CALLEES[name].open({ address, port: 0 }, hearing);
    const { port } = this.#destination.local;
    const listeners = name === "udp" ? ["udp"] : ["udp", name];
    const transport = name === "udp" ? "" : `;transport=${name}`;
    await lb.runs({
      listeners: listeners.map((one) => ({
        uri: `${one}://127.0.0.1:${lb.address.port}`,
        advertise: "127.0.0.1:5060",
      })),
      sets: { "1": { algorithm: "hash-call-id", probe: false, destinations: [`sip:${address}:${port}${transport}`] } },
      forwarding: options.forwarding,
      // Nothing is repeated while a busy machine takes its time; what is finished is forgotten soon.
      timers: { t1: "1s", t2: "4s", linger: "300ms" },
      ...options.config?.(lb.address.port),
    });
    const heard: Hearing = (bytes, from) => this.#arrives("sender", bytes, from);
    this.#wire = await WIRES[name].open({
      from: this.#host,
      to: this.#to,
      hearing: heard,
    });
  }

  /** Sends a case and waits until it is clear what became of it; the balancer must serve calls afterwards. */
  async tries(bytes: Buffer): Promise<Outcome> {
    const message = parseMessage(bytes);
    await this.#isNew(message);
    const before = this.heard.length;
    await this.send(bytes);
    const isSettled = (): boolean =>
      this.heard.length > before && (this.#hasFinal(before) || message?.method === "ACK");
    await until("an outcome", () => this.heard.length > before, SILENCE).then(
      () => until("an answer", isSettled, 1000).catch(() => {}),
      () => this.serves(SENTINELS),
    );
    await this.serves();
    const result = this.heard.slice(before).filter((one) => !isSentinel(one));
    const forwarded = result.filter(({ at }) => at === "destination").map((one) => one.bytes);
    const replies = result.flatMap((one) => (one.at === "sender" && one.message !== null ? [one.message] : []));
    return { code: codeOf(forwarded, replies), forwarded, replies };
  }

  /** Sends a case. */
  async send(bytes: Buffer): Promise<void> {
    const wire = this.#wire!;
    this.#stun.add(stunId(bytes, BINDING_REQUEST));
    await wire.prepare(bytes);
    const messages = await wire.sendCase(bytes);
    this.sent += messages;
  }

  /** Valid calls go through, one after the other; rejects when one does not. */
  async serves(count = 1): Promise<void> {
    for (let i = 0; i < count; i++) {
      const id = `sentinel-${this.#calls++}@fairlead`;
      this.sent++;
      await this.#wire!.sendCall(validInvite(this.#wire!, id));
      const isAnswer = ({ at, message }: Heard): boolean =>
        at === "sender" && message?.status === 200 && headerOf(message, "call-id") === id;
      await until(`the valid call ${id} to be served`, () => this.heard.findLast(isAnswer), 3000);
    }
  }

  /** Everything that went in and out is accounted for: nothing was sent to anybody else. */
  async addsUp(): Promise<void> {
    await this.lb.untilMetric("received_total", this.sent);
    await until("everything sent to be heard", async () => (await this.lb.metric("sent_total")) === this.heard.length);
    await this.lb.untilMetric("dropped_total", 0, { reason: "send" });
    for (const { bytes, at } of this.heard) {
      // A STUN binding request among the cases has its answer (RFC 5626 3.5.2), which is no SIP.
      const id = stunId(bytes, BINDING_SUCCESS);
      if (at === "sender" && id !== "" && this.#stun.has(id)) continue;
      const faults = faultsOf(bytes);
      if (faults.length > 0) throw new Error(`the ${at} got ${faults.join(", ")}:\n${bytes.toString("latin1")}`);
    }
  }

  /** Stops everything; rejects when the process is not well. */
  async close(): Promise<void> {
    const complaint = await this.lb.end();
    this.#wire?.close();
    this.#destination?.close();
    if (complaint !== "") throw new Error(`fairlead ${complaint}`);
  }

  #arrives(at: Heard["at"], bytes: Buffer, from: Peer): void {
    const message = parseMessage(bytes);
    this.heard.push({ at, bytes, message });
    if (at !== "destination" || message === null || !message.isRequest) return;
    if (message.method === "ACK") return;
    this.sent++;
    void this.#destination!.send(okTo(message), from);
  }

  /** Whether the sender has heard a final answer since `before` datagrams had been heard. */
  #hasFinal(before: number): boolean {
    const isFinal = ({ at, message }: Heard): boolean => at === "sender" && (message?.status ?? 0) >= 200;
    return this.heard.slice(before).some((one) => isFinal(one) && !isSentinel(one));
  }

  /** Waits until the transaction of an earlier case with the same branch is forgotten. */
  async #isNew(message: ParsedMessage | null): Promise<void> {
    const key = message === null ? "" : `${message.method} ${headerOf(message, "via")}`;
    if (message !== null && this.#used.has(key)) await this.lb.untilMetric("transactions", 0);
    this.#used.add(key);
  }
}

function isSentinel({ bytes }: Heard): boolean {
  return bytes.includes("Call-ID: sentinel-");
}

function codeOf(forwarded: readonly Buffer[], replies: readonly ParsedMessage[]): string {
  if (forwarded.length > 0) return "F";
  return replies.length > 0 ? String(replies.at(-1)!.status) : "D";
}

function validInvite({ local: from, via }: Wire, id: string): Buffer {
  const host = from.address.includes(":") ? `[${from.address}]` : from.address;
  return Buffer.from(
    `INVITE sip:service@lb.test SIP/2.0\r\nVia: SIP/2.0/${via} ${host}:${from.port};rport;branch=z9hG4bK${id}\r\n` +
      `Max-Forwards: 70\r\nFrom: <sip:sentinel@lb.test>;tag=s\r\nTo: <sip:service@lb.test>\r\nCall-ID: ${id}\r\n` +
      `CSeq: 1 INVITE\r\nContact: <sip:sentinel@${host}:${from.port}>\r\nContent-Length: 0\r\n\r\n`,
    "latin1",
  );
}

/** Types of STUN messages (RFC 5389 section 6). */
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;

/** Magic cookie and transaction of a STUN message of this type; empty when it is none. */
function stunId(bytes: Buffer, type: number): string {
  const isStun = bytes.length >= 20 && bytes.readUInt16BE(0) === type && bytes.readUInt32BE(4) === 0x2112a442;
  return isStun ? bytes.toString("hex", 4, 20) : "";
}
