// Messages for the tests that run on a rig: plain text, nothing clever.
import { CALLER } from "./rig-fake.ts";

/** What a request may differ in. */
export interface RequestFields {
  readonly call?: string | number;
  readonly branch?: string;
  readonly cseq?: number;
  readonly toTag?: string;
  readonly fromTag?: string;
  readonly uri?: string;
  /** Header lines, each with its CRLF. */
  readonly more?: string;
  readonly caller?: string;
}

/** A request of the caller. */
export function request(method: string, fields: RequestFields = {}): string {
  const {
    call = 1,
    cseq = 1,
    toTag = "",
    fromTag = "f",
    uri = "sip:bob@example.com",
    more = "",
    caller = CALLER,
  } = fields;
  const branch = fields.branch ?? `${call}-${cseq}-${method === "CANCEL" ? "INVITE" : method}`;
  return (
    `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP ${caller};branch=z9hG4bK${branch};rport\r\nMax-Forwards: 70\r\n${more}` +
    `From: <sip:alice@example.com>;tag=${fromTag}\r\nTo: <sip:bob@example.com>${toTag === "" ? "" : `;tag=${toTag}`}\r\n` +
    `Call-ID: ${call}\r\nCSeq: ${cseq} ${method}\r\nContact: <sip:alice@${caller}>\r\nContent-Length: 0\r\n\r\n`
  );
}

/** The answer of a destination to a request that it got; `tag` is its To tag where the request has none. */
export function response(to: string, status: number, tag = "t"): string {
  const lines = to.slice(0, to.indexOf("\r\n\r\n")).split("\r\n").slice(1);
  const kept = lines.filter((line) => /^(?:via|record-route|from|to|call-id|cseq):/i.test(line));
  const tagged = kept.map((line) =>
    line.startsWith("To:") && !line.includes(";tag=") && status > 100 ? `${line};tag=${tag}` : line,
  );
  return `SIP/2.0 ${status} Whatever\r\n${tagged.join("\r\n")}\r\nContent-Length: 0\r\n\r\n`;
}

/** Value of a header; empty when it is not there. */
export function header(text: string, name: string): string {
  return new RegExp(`\\r\\n${name}: (.*)\\r\\n`, "i").exec(text)?.[1] ?? "";
}

/** `INVITE`, `CANCEL`, `200`: what a message is, in a word. */
export function kind(text: string): string {
  return text.startsWith("SIP/2.0 ") ? text.slice(8, 11) : text.slice(0, text.indexOf(" "));
}
