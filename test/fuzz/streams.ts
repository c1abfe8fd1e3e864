// Streams of good and damaged messages, keep-alives and junk, cut at random, through the framer, beside a second reader that shares
// nothing with it: both must find the same messages, the same keep-alives, and the same end.
import { Message } from "../../src/sip/message.ts";
import { type FrameHandler, Framer } from "../../src/streams/framer.ts";
import { processorTime } from "../kit/processor-time.ts";
import { StreamReader } from "../kit/stream-reader.ts";
import { Chance } from "./chance.ts";
import { readCorpus } from "./corpus.ts";
import { NUMBERS } from "./dictionary.ts";
import { Draft } from "./draft.ts";
import { Mutator } from "./mutate.ts";

const HEADER_BYTES = 32_768;
/** Things on one connection, and bytes of it at most. */
const MOST_THINGS = 12;
const MOST_BYTES = 150_000;
const MOST_LINES = 120;
const PINGS = ["\r\n\r\n", "\r\n", "\r\n\r\n\r\n\r\n", "\r", "\n", "\r\r\n"];
const JUNK = [
  "\0",
  "\x16\x03\x01\x02\0",
  "GET / HTTP/1.1\r\n\r\n",
  "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
  "\u00ff\u00fe",
  " \r\n",
];
/** A piece that took more milliseconds of processor time than so many is looked at twice. */
const SUSPECT = 5;
const LENGTH = /\r\n(?:content-length|l)[ \t]*:[^\r]*/i;

/** What came of one connection; `longest` in milliseconds of processor time. */
interface Sent {
  readonly wrong: string;
  readonly messages: number;
  readonly longest: number;
}

/** Generated connections, numbered: the same seed and number are the same bytes in the same pieces. */
export class StreamFuzz {
  readonly #seed: number;
  readonly #corpus: readonly Uint8Array[] = readCorpus();
  readonly #draft = new Draft();
  readonly #view = new Message();
  /** So far: messages found, and the longest time that one piece took, in milliseconds of processor time. */
  messages = 0;
  longest = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Sends connection `number`; returns what is wrong, or nothing. */
  run(number: number): string {
    const first = this.#send(number);
    // The first use of a piece of code includes its compilation, and a collection may fall into any: what takes long takes long again.
    const again = first.wrong === "" && first.longest > SUSPECT ? this.#send(number) : first;
    this.messages += first.messages;
    this.longest = Math.max(this.longest, Math.min(first.longest, again.longest));
    return again.wrong;
  }

  #send(number: number): Sent {
    let longest = 0;
    const chance = new Chance(this.#seed, number);
    const stream = this.#make(chance);
    const heard = new Heard(chance);
    const framer = new Framer(heard, this.#view, HEADER_BYTES);
    const reader = new StreamReader();
    const wanted: string[] = [];
    reader.onMessage = (bytes) => wanted.push(bytes.toString("latin1"));
    const most = chance.pick([1, 7, 100, 1_500, 65_536]);
    // What is sent byte by byte is read byte by byte by the second reader, too, and that is slow.
    const end = most < 8 ? Math.min(stream.length, 4_000) : stream.length;
    for (let at = 0; at < end; ) {
      const piece = stream.subarray(at, Math.min(end, at + 1 + chance.below(most)));
      at += piece.length;
      const before = processorTime();
      let isFree = framer.push(piece);
      while (!isFree) isFree = framer.resume();
      longest = Math.max(longest, processorTime() - before);
      reader.push(piece);
    }
    return { wrong: this.#difference(number, wanted, heard, reader, framer), messages: wanted.length, longest };
  }

  #difference(number: number, wanted: readonly string[], heard: Heard, reader: StreamReader, framer: Framer): string {
    const differs = wanted.findIndex((text, i) => text !== heard.messages[i]);
    if (differs >= 0) return `connection ${number}: message ${differs} is another one`;
    if (heard.messages.length !== wanted.length)
      return `connection ${number}: ${heard.messages.length} messages instead of ${wanted.length}`;
    if (heard.isBroken !== reader.isBroken)
      return `connection ${number}: ${heard.isBroken ? "ended" : "goes on"}, and must not`;
    if (heard.pings !== reader.pings)
      return `connection ${number}: ${heard.pings} keep-alives instead of ${reader.pings}`;
    if (!heard.isBroken && framer.isPartial !== reader.isPartial)
      return `connection ${number}: what is left is not the same`;
    return "";
  }

  #make(chance: Chance): Buffer {
    const pieces: Buffer[] = [];
    let length = 0;
    for (let i = 1 + chance.below(MOST_THINGS); i > 0 && length < MOST_BYTES; i--) {
      const piece = this.#thing(chance);
      length += piece.length;
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  #thing(chance: Chance): Buffer {
    if (chance.once(6)) return Buffer.from(chance.pick(PINGS), "latin1");
    if (chance.once(40)) return Buffer.from(chance.pick(JUNK), "latin1");
    const draft = this.#draft;
    draft.set(this.#seedOf(chance));
    if (chance.once(3)) new Mutator(chance, () => this.#seedOf(chance)).damage(draft, 1 + chance.below(3));
    const text = draft.copy(0, draft.length).toString("latin1");
    // How many lines a message may have is a limit of ours, of which the second reader knows nothing.
    if (text.split("\n").length > MOST_LINES) return PLAIN;
    if (chance.once(12)) return Buffer.from(text, "latin1");
    return Buffer.from(withLength(text, chance), "latin1");
  }

  #seedOf(chance: Chance): Uint8Array {
    return this.#corpus.length === 0 || chance.once(4) ? PLAIN : chance.pick(this.#corpus);
  }
}

const PLAIN = Buffer.from(
  "INVITE sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKa\r\nFrom: <sip:a@example.com>;tag=1\r\n" +
    'To: "\\"B\\"" <sip:b@example.com>\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\nl: 21\r\n\r\nSIP/2.0 200 OK\r\n\r\nab\n',
  "latin1",
);

/** The message with the Content-Length that its body has, or nearly. */
function withLength(text: string, chance: Chance): string {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return `${text}\r\n\r\n`;
  const head = text.slice(0, end).replace(LENGTH, "");
  const body = text.length - end - 4;
  const value = chance.once(20) ? chance.pick(NUMBERS) : String(chance.once(16) ? body + chance.below(40) - 20 : body);
  return `${head}\r\n${chance.once(4) ? "l" : "Content-Length"}: ${value}${text.slice(end)}`;
}

/** What the framer finds; now and then it has no room. */
class Heard implements FrameHandler {
  readonly messages: string[] = [];
  pings = 0;
  isBroken = false;
  readonly #chance: Chance;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  headers(): number {
    return 7;
  }

  message(bytes: Buffer, start: number, end: number, mark: number): boolean {
    if (mark !== 7) throw new Error("another mark");
    if (this.#chance.once(8)) return false;
    this.messages.push(bytes.toString("latin1", start, end));
    return true;
  }

  ping(): void {
    this.pings++;
  }

  broken(): void {
    if (this.isBroken) throw new Error("told twice");
    this.isBroken = true;
  }
}
