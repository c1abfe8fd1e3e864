// A SIP message as offsets into the bytes that arrived. One object per loop, reused: nothing is copied, nothing allocated.
import { Header } from "./header.ts";
import { HeaderLines } from "./header-lines.ts";
import { Method } from "./method.ts";
import { NameAddr } from "./name-addr.ts";
import { readPacketValues, VALUES } from "./packet-memory.ts";
import { Reason } from "./reason.ts";
import { Class, findBlank, parseDecimal, skipClass, skipSpace } from "./scan.ts";
import { UriView } from "./uri.ts";
import { ValueWord } from "./value-reader.ts";
import { Via } from "./via.ts";
import { ViewCache } from "./view-cache.ts";

// Constants of our own: see CLASS.
const WORDS = VALUES;
const VIA = Header.via;
const CALL_ID = Header.callId;
const CSEQ = Header.cseq;
const MAX_FORWARDS = Header.maxForwards;
const CONTENT_LENGTH = Header.contentLength;
const OK = Reason.ok;
const DIGIT = Class.digit;
const TOKEN = Class.token;

const NO_VIEW = new DataView(new ArrayBuffer(0));

/** A view of one message. Offsets are of `bytes`; -1 in a start field means absent. Valid until the next `reset`. */
export class Message extends HeaderLines {
  callIdStart = -1;
  callIdEnd = -1;
  /** 0 to 2^31 - 1; -1 when absent or malformed. */
  cseq = -1;
  cseqMethodStart = -1;
  cseqMethodEnd = -1;
  /** -1 when absent or malformed. */
  contentLength = -1;
  /** 0 to 255; -1 when absent or malformed. Not read in responses. */
  maxForwards = -1;
  /** The top Via. */
  readonly topVia: Via = new Via();
  /** From and To, after `parseFrom` and `parseTo`. */
  readonly from: NameAddr = new NameAddr();
  readonly to: NameAddr = new NameAddr();
  /** Contact and Route values, while `validateRequest` looks at them. */
  readonly scratchAddress: NameAddr = new NameAddr();
  /** The first Route value of a request that has one, after `validateRequest` or `parseFirstRoute`. */
  readonly firstRoute: NameAddr = new NameAddr();
  /** A view of the same bytes, for readers of whole words. */
  view: DataView = NO_VIEW;
  /** The request URI, after `validateRequest`. */
  readonly requestUri: UriView = new UriView();
  #views: ViewCache = new ViewCache();

  /**
   * Whether a request, well-formed or not, may be answered: it is not an ACK, every Via line is legible, and the top one
   * names a host. An answer to a malformed request goes to where the packet came from, nowhere else.
   */
  get canAnswer(): boolean {
    return this.isRequest && this.method !== Method.ACK && !this.viaLost && this.topVia.hostStart >= 0;
  }

  /**
   * Reads the message in `start..end`, one pass over start line and headers. Returns the first thing that is wrong with its
   * form, or `Reason.ok`; the other fields then hold what could be read all the same, for the answer.
   */
  reset(bytes: Buffer, start: number, end: number): Reason {
    const view = this.#begin(bytes, start, end);
    if (!this.readStartLine(view)) {
      this.topVia.clear();
      return this.reason;
    }
    this.readHeaders(view);
    const via = this.valueStart[VIA]!;
    if (via < 0) this.topVia.clear();
    else if (!this.topVia.reset(bytes, via, this.valueEnd[VIA]!, this.place)) this.fault(Reason.badVia);
    if (this.place >= 0 && this.tablesAt >= 0 && readPacketValues(this.tablesAt, 0, this.place) !== 0) {
      this.#takeWords();
      return this.reason;
    }
    this.#callId();
    this.#cseq();
    if (this.isRequest && this.valueStart[MAX_FORWARDS]! >= 0) {
      this.maxForwards = parseDecimal(bytes, this.valueStart[MAX_FORWARDS]!, this.valueEnd[MAX_FORWARDS]!, 255);
      if (this.maxForwards < 0) this.fault(Reason.badMaxForwards);
    }
    this.#body();
    return this.reason;
  }

  /**
   * Reads what it takes to know where the message ends and whose call it is: as `reset`, but without values other than those
   * of Call-ID and Content-Length; the top Via is that of before.
   */
  measure(bytes: Buffer, start: number, end: number): Reason {
    const view = this.#begin(bytes, start, end);
    if (!this.readStartLine(view)) return this.reason;
    this.readHeaders(view);
    this.#callId();
    this.#body();
    return this.reason;
  }

  #begin(bytes: Buffer, start: number, end: number): DataView {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.reason = OK;
    this.clearHeaders();
    this.callIdStart = -1;
    this.callIdEnd = -1;
    this.cseq = -1;
    this.cseqMethodStart = -1;
    this.cseqMethodEnd = -1;
    this.contentLength = -1;
    this.maxForwards = -1;
    this.view = this.#views.of(bytes);
    this.place = this.#views.place;
    return this.view;
  }

  /** Reads From into `from`; false when it is absent, malformed or a list. */
  parseFrom(): boolean {
    return this.#address(Header.from, this.from);
  }

  /** Reads To into `to`; false when it is absent, malformed or a list. */
  parseTo(): boolean {
    return this.#address(Header.to, this.to);
  }

  /** Reads the first Route value into `firstRoute`; false when there is none or it is malformed. */
  parseFirstRoute(): boolean {
    const start = this.valueStart[Header.route]!;
    return start >= 0 && this.firstRoute.reset(this.bytes, start, this.valueEnd[Header.route]!, this.place);
  }

  /** Reads the Via below the top one, in the same line or the next Via line; false when there is none, or a malformed one. */
  nextVia(into: Via): boolean {
    if (this.topVia.next >= 0) return into.reset(this.bytes, this.topVia.next, this.valueEnd[VIA]!, this.place);
    if (this.count[VIA]! > 1 && this.nextLine(VIA, this.lineEnd[VIA]!)) {
      return into.reset(this.bytes, this.iterStart, this.iterEnd, this.place);
    }
    into.clear();
    return false;
  }

  #address(header: Header, into: NameAddr): boolean {
    const start = Math.max(0, this.valueStart[header]!);
    const end = this.count[header] === 0 ? start : this.valueEnd[header]!;
    return into.reset(this.bytes, start, end, this.place) && into.next < 0;
  }

  #callId(): void {
    const start = this.valueStart[CALL_ID]!;
    if (start < 0) return;
    const end = this.valueEnd[CALL_ID]!;
    if (start === end || findBlank(this.view, start, end) < end) {
      this.fault(Reason.badCallId);
      return;
    }
    this.callIdStart = start;
    this.callIdEnd = end;
  }

  #cseq(): void {
    const start = this.valueStart[CSEQ]!;
    if (start < 0) return;
    const { bytes } = this;
    const end = this.valueEnd[CSEQ]!;
    const digits = skipClass(bytes, start, end, DIGIT);
    const method = skipSpace(bytes, digits, end);
    const number = parseDecimal(bytes, start, digits, 0x7fffffff);
    if (number < 0 || method === digits || method === end || skipClass(bytes, method, end, TOKEN) !== end) {
      this.fault(Reason.badCseq);
      return;
    }
    this.cseq = number;
    this.cseqMethodStart = method;
    this.cseqMethodEnd = end;
  }

  /** Takes what was found in Call-ID, CSeq, Content-Length and Max-Forwards. */
  #takeWords(): void {
    this.callIdStart = this.valueStart[CALL_ID]!;
    this.callIdEnd = this.valueEnd[CALL_ID]!;
    this.cseq = WORDS[ValueWord.cseq]!;
    this.cseqMethodStart = WORDS[ValueWord.method]!;
    this.cseqMethodEnd = this.valueEnd[CSEQ]!;
    if (this.isRequest) this.maxForwards = WORDS[ValueWord.maxForwards]!;
    this.contentLength = WORDS[ValueWord.contentLength]!;
    if (this.contentLength >= 0) this.#endAtBody();
  }

  #body(): void {
    const start = this.valueStart[CONTENT_LENGTH]!;
    if (start < 0) return;
    this.contentLength = parseDecimal(this.bytes, start, this.valueEnd[CONTENT_LENGTH]!, 0x7fffffff);
    if (this.contentLength < 0) this.fault(Reason.badContentLength);
    else this.#endAtBody();
  }

  /** RFC 3261 18.3: a datagram without Content-Length is all body; bytes beyond it are no part of the message. */
  #endAtBody(): void {
    if (this.contentLength > this.end - this.bodyStart) {
      this.fault(Reason.shortBody);
      return;
    }
    this.end = this.bodyStart + this.contentLength;
  }
}
