// Calls with a known outcome through a balancer that was started from an example of the guide: which destinations were tried, each with
// which request URI, and what the caller got.
import { setTimeout } from "node:timers/promises";
import type { TransportName } from "../../src/net/transport.ts";
import { headerOf, type ParsedMessage } from "../../src/ua/parsed-message.ts";
import { newToken } from "../../src/ua/request-builder.ts";
import { Destination, TEST_TIMERS } from "../kit/destination.ts";
import { Phone } from "../kit/phone.ts";
import { reservePort } from "../kit/port.ts";
import { holds, until } from "../kit/wait.ts";

/**
 * What is sent (`INVITE sip:bob@example.com`, `cancelled INVITE …`, `INVITE … from 51`: from the destination at 192.0.2.51, `later …`: after a second), what
 * destinations do instead of answering (`13=500 12=silent`; `ring`, `100`, `180+500`), and the outcome; Kamailio's, where the page tells of a difference.
 */
export type GoldenCall = readonly [sent: string, behaviour: string, outcome: string, kamailio?: string];

const SENT =
  /^(?<later>later )?(?<cancelled>cancelled )?(?<method>[A-Z]+) (?<uri>\S+)(?: as (?<user>\S+))?(?: from (?<source>\d+))?$/;
/** Phones send nothing twice: what chooses anew for every copy would choose twice. */
const PATIENT = { ...TEST_TIMERS, t1: 5000, t2: 5000 };
/** Longer than anything takes that is answered at all. */
const SILENCE_MS = 1000;
/** Times that the guide's configurations name, and what tests wait instead. */
const QUICKER = [
  ["30s", "1s"],
  ["120s", "1500ms"],
] as const;

/** Addresses of the loopback network that nobody else uses: the guide's 192.0.2.X is `prefix`X, and so is its 127.0.0.X. */
export class Neighbourhood {
  readonly prefix: string;
  readonly #release: () => void;

  private constructor(prefix: string, release: () => void) {
    this.prefix = prefix;
    this.#release = release;
  }

  static async find(): Promise<Neighbourhood> {
    const { port, release } = await reservePort();
    return new Neighbourhood(`127.${100 + Math.floor((port % 1000) / 250)}.${port % 250}.`, release);
  }

  /** A text of the guide, moved here. */
  moved(text: string): string {
    return text.replaceAll(/192\.0\.2\.|127\.0\.0\./g, this.prefix);
  }

  /** The same with times that a test can wait for. */
  quick(text: string): string {
    return QUICKER.reduce((so, [long, short]) => so.replaceAll(`: ${long}`, `: ${short}`), this.moved(text));
  }

  /** The guide's name for an address here, without the usual port. */
  original(text: string): string {
    return text.replaceAll(this.prefix, "192.0.2.").replaceAll(/(192\.0\.2\.\d+):5060\b/g, "$1");
  }

  release(): void {
    this.#release();
  }
}

/** Destinations at `uris`, and somebody who calls the balancer at X.1:5060. */
export class GoldenCalls {
  readonly #here: Neighbourhood;
  readonly #destinations: Destination[] = [];
  readonly #phones: Phone[] = [];
  #step = 0;
  #tried: string[] = [];

  static async open(here: Neighbourhood, uris: readonly string[]): Promise<GoldenCalls> {
    const calls = new GoldenCalls(here);
    try {
      for (const uri of new Set(uris)) await calls.#serve(uri);
    } catch (error) {
      await calls.close();
      throw error;
    }
    return calls;
  }

  private constructor(here: Neighbourhood) {
    this.#here = here;
  }

  /** Requests of a method that came, each once. */
  heard(method: string): ParsedMessage[] {
    return this.#destinations.flatMap((one) => one.heard(method));
  }

  async close(): Promise<void> {
    for (const { agent } of this.#phones) await agent.close();
    await Promise.all(this.#destinations.map((one) => one.close()));
  }

  /** Makes the calls, one after the other; what each came to. */
  async play(calls: readonly GoldenCall[]): Promise<string[]> {
    const phone = await Phone.open(
      { address: `${this.#here.prefix}1`, port: 5060 },
      { address: `${this.#here.prefix}250`, timers: PATIENT },
      (one) => this.#phones.push(one),
    );
    const told: string[] = [];
    for (const [sent, behaviour, outcome] of calls) {
      this.#step++;
      this.#tried = [];
      const ended = await this.#call(phone, sent, behaviour, outcome === "nothing");
      told.push(goldenText(sent, behaviour, this.#here.original([...new Set(this.#tried), ended].join(", "))));
    }
    return told;
  }

  async #call(phone: Phone, sent: string, behaviour: string, isIgnored: boolean): Promise<string> {
    const { method = "", uri = "", user, source, cancelled, later } = SENT.exec(sent)?.groups ?? {};
    // A mark is made by the main thread, after the call that it comes of.
    if (later !== undefined) await setTimeout(SILENCE_MS);
    const headers = [
      { name: "X-Behaviour", value: behaviour },
      { name: "X-Step", value: String(this.#step) },
    ];
    const caller = source === undefined ? phone.agent : this.#destination(`${this.#here.prefix}${source}:5060`).agent;
    const extra = {
      headers,
      callId: `golden-${this.#step}`,
      ...(user === undefined ? {} : { from: `<sip:${user}>;tag=${newToken()}` }),
    };
    if (method !== "INVITE") {
      const answer = await caller.request(method, uri, extra);
      return answer === undefined || answer === null ? "nothing" : answerText(answer);
    }
    const call = caller.invite(uri, extra);
    if (isIgnored) {
      await holds("nothing comes back", () => call.responses.length === 0, SILENCE_MS).catch(() => undefined);
      return call.responses.length === 0 ? "nothing" : call.statuses.join(" ");
    }
    if (cancelled !== undefined) {
      await until("ringing", () => call.statuses.includes(180));
      call.cancel();
    }
    const finished = await phone.finished(call);
    const { status, responses } = finished;
    const last = responses.findLast((one) => one.status === status);
    if (status === 200) {
      const hungUp = await finished.bye();
      if (hungUp !== 200) return `200, ${hungUp} for the BYE`;
    }
    return last === undefined ? "nothing" : answerText(last);
  }

  #destination(address: string): Destination {
    const found = this.#destinations.find(({ uri }) => uri.includes(address));
    if (found === undefined) throw new Error(`no destination at ${address}`);
    return found;
  }

  async #serve(uri: string): Promise<void> {
    const {
      host = "",
      port = "5060",
      transport,
    } = /^sip:(?<host>[\d.]+)(?::(?<port>\d+))?(?:;transport=(?<transport>\w+))?$/.exec(uri)?.groups ?? {};
    const label = host.slice(this.#here.prefix.length) + (port === "5060" ? "" : `:${port}`);
    const destination = new Destination(
      (transaction, self) => {
        const { request } = transaction;
        if (request.method !== "INVITE") return transaction.respond(200);
        if (headerOf(request, "x-step") === String(this.#step)) this.#tried.push(`${label} ${request.uri}`);
        const mine = headerOf(request, "x-behaviour")
          .split(" ")
          .find((one) => one.startsWith(`${label}=`));
        const does = mine?.slice(label.length + 1) ?? "answer";
        if (does === "silent") return;
        if (does === "answer") return void self.take(transaction).answer();
        if (does === "ring") return self.take(transaction).ring();
        for (const status of does.split("+")) transaction.respond(Number(status));
      },
      {
        address: host,
        port: Number(port),
        timers: PATIENT,
        proxy: { address: `${this.#here.prefix}1`, port: 5060 },
        ...(transport === undefined ? {} : { transport: transport as TransportName }),
      },
    );
    this.#destinations.push(destination);
    await destination.opened;
  }
}

/** A call and its outcome in one line. */
export function goldenText(sent: string, behaviour: string, outcome: string): string {
  return `${sent} [${behaviour}]: ${outcome}`;
}

function answerText(answer: ParsedMessage): string {
  const { status } = answer;
  return status >= 300 && status < 400 ? `${status} ${headerOf(answer, "contact")}` : String(status);
}
