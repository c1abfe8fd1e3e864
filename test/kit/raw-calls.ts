// Calls by the hundred a second, over connections that a test holds: INVITE, 200, ACK, BYE, 200. And who answers them, over UDP.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isWeb, type RawLine } from "./raw-line.ts";

/** Answers every request but ACK with 200. */
export class RawCallee {
  readonly opened: Promise<unknown>;
  readonly #socket = createSocket("udp4");
  #port = 0;

  constructor() {
    this.#socket.on("message", (bytes, { address, port }) => {
      const text = bytes.toString("latin1");
      if (text.startsWith("ACK ") || text.startsWith("SIP/2.0 ")) return;
      const copied = linesOf(text, "Via|Record-Route|From|Call-ID|CSeq").join("\r\n");
      const [to = ""] = linesOf(text, "To");
      const tagged = to.includes(";tag=") ? to : `${to};tag=callee`;
      const contact = `Contact: <sip:callee@127.0.0.1:${this.#port}>`;
      this.#socket.send(
        `SIP/2.0 200 OK\r\n${copied}\r\n${tagged}\r\n${contact}\r\nContent-Length: 0\r\n\r\n`,
        port,
        address,
      );
    });
    this.#socket.bind(0, "127.0.0.1");
    this.#socket.unref();
    this.opened = once(this.#socket, "listening").then(() => {
      this.#port = this.#socket.address().port;
    });
  }

  get uri(): string {
    return `sip:127.0.0.1:${this.#port}`;
  }

  close(): void {
    this.#socket.close();
  }
}

/** Callers; every line of theirs may have several calls at a time. */
export class RawCalls {
  begun = 0;
  done = 0;
  /** What went wrong, by call. */
  readonly failures: string[] = [];
  /** Calls under way: their line, and how far they have come. */
  readonly #open = new Map<string, RawLine>();

  /** Calls under way. */
  get open(): number {
    return this.#open.size;
  }

  /** Begins a call over `line`. */
  begin(line: RawLine): void {
    const call = `raw-${this.begun++}`;
    this.#open.set(call, line);
    line.onMessage = (text) => this.#heard(line, text);
    line.sends(requestOf(line, call, 1, "INVITE", "sip:bob@example.com", "<sip:bob@example.com>"));
  }

  /** Begins `rate` calls a second over `lines` in turn, until `over` holds. */
  async run(lines: readonly RawLine[], rate: number, over: () => boolean): Promise<void> {
    const start = performance.now();
    const first = this.begun;
    while (!over()) {
      const due = Math.floor(((performance.now() - start) * rate) / 1000) - (this.begun - first);
      for (let i = 0; i < due; i++) this.begin(lines[this.begun % lines.length]!);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #heard(line: RawLine, text: string): void {
    const status = Number(/^SIP\/2\.0 (\d{3}) /.exec(text)?.[1] ?? 0);
    const [call = ""] = linesOf(text, "Call-ID").map(contentOf);
    if (status < 200 || !this.#open.has(call)) return;
    const [cseq = ""] = linesOf(text, "CSeq").map(contentOf);
    if (status >= 300) this.#failed(call, `${call} over ${line.kind}: ${cseq} ${status}`);
    else if (cseq.endsWith("INVITE")) {
      const [to = ""] = linesOf(text, "To").map(contentOf);
      const [contact = ""] = linesOf(text, "Contact").map((each) => /<(.*)>/.exec(each)?.[1] ?? "");
      const routes = linesOf(text, "Record-Route").map((each) => `Route: ${contentOf(each)}\r\n`);
      const route = routes.toReversed().join("");
      line.sends(requestOf(line, call, 1, "ACK", contact, to, route));
      line.sends(requestOf(line, call, 2, "BYE", contact, to, route));
    } else {
      this.#open.delete(call);
      this.done++;
    }
  }

  /** Those that are still under way have failed. */
  giveUp(): void {
    for (const [call, { kind }] of this.#open) this.#failed(call, `${call} over ${kind}: no answer`);
  }

  #failed(call: string, why: string): void {
    this.#open.delete(call);
    this.failures.push(why);
  }
}

function requestOf(
  line: RawLine,
  call: string,
  cseq: number,
  method: string,
  uri: string,
  to: string,
  more = "",
): string {
  const { kind } = line;
  const host = isWeb(kind) ? "caller.invalid" : "10.9.9.9:5070";
  return (
    `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/${kind.toUpperCase()} ${host};branch=z9hG4bK${call}${method};rport\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:a@example.com>;tag=${call}\r\nTo: ${to}\r\n${more}` +
    `Contact: <sip:a@${host};transport=${kind}>\r\nCall-ID: ${call}\r\nCSeq: ${cseq} ${method}\r\nContent-Length: 0\r\n\r\n`
  );
}

function linesOf(text: string, names: string): string[] {
  return [...text.matchAll(new RegExp(`^(?:${names}):[^\\r]*`, "gm"))].map(([line]) => line);
}

function contentOf(line: string): string {
  return line.slice(line.indexOf(":") + 1).trim();
}
