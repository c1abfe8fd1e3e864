// Requests whose Call-ID, From, To and request URI are as odd as RFC 3261 lets them be; the same ones for the same seed.
import { mix32 } from "../../src/dispatch/core-hash.ts";

const USERS = [
  ...[
    "alice",
    "bob",
    "Alice",
    "+15551234567",
    "1000",
    "a",
    "j.doe",
    "sip%3Auser%40example.com",
    "%61lice",
    "a;day=tuesday",
  ],
  ...[
    "user:password",
    "user:",
    "*31",
    "line1&line2",
    "o'neil",
    "semi;isub=1234;x",
    "with/slash",
    "what?",
    "123#",
    "caf\u00e9",
  ],
];
const HOSTS = [
  "example.com",
  "EXAMPLE.com",
  "10.0.0.1",
  "[2001:db8::1]",
  "[2001:DB8::A:1]",
  "a-b.c-d.example.org",
  "x",
  "e.org.",
];
const PORTS = ["", "", "", ":5060", ":5061", ":5070", ":65535", ":1", ":05070", ":05060"];
const PARAMS = [
  "",
  "",
  ";transport=tcp",
  ";lr",
  ";user=phone",
  ";lr;User=phone;x",
  ";user=Phone",
  ";transport=udp;lr;x=%41",
  ";maddr=10.1.1.1",
];
const TELS = [
  "tel:+1-201-555-0123",
  "tel:7042;phone-context=example.com",
  "TEL:+15551234567;ext=12",
  "tel:+1.555.12(34)",
];
const CALL_IDS = ["@127.0.0.1", "@pc33.atlanta.com", "", "@[2001:db8::1]", "<>[]{}?/\\\"%'~", "@\u00e9\u00fc\u00df"];

/** The parts of one request. */
export interface OddRequest {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  readonly requestUri: string;
}

/** `count` requests; every choice follows from `seed`. */
export function oddRequests(count: number, seed: number): OddRequest[] {
  let state = seed;
  const below = (n: number) => mix32(++state) % n;
  const pick = (from: readonly string[]) => from[below(from.length)]!;
  const digits = () => (below(3) === 0 ? String(below(1_000_000)) : "");
  const uri = () => {
    if (below(16) === 0) return pick(TELS);
    const scheme = ["sip:", "sip:", "sip:", "sips:", "SIP:", "Sips:"][below(6)]!;
    const user = below(8) === 0 ? "" : `${digits()}${pick(USERS)}@`;
    return `${scheme}${user}${pick(HOSTS)}${pick(PORTS)}${pick(PARAMS)}`;
  };
  return Array.from({ length: count }, () => ({
    callId: `${below(2) === 0 ? mix32(++state).toString(16) : digits()}-${below(100_000)}${pick(CALL_IDS)}`,
    from: uri(),
    to: uri(),
    requestUri: uri(),
  }));
}

/** The request as it goes over the wire; `index` is in its branch, `extra` are header lines with their line ends. */
export function wireOf(request: OddRequest, index: number, localPort: number, extra: string): Buffer {
  const display = ["", '"A \\" Smith" ', "Bob "][index % 3]!;
  const blanks = index % 5 === 0 ? "  \t" : "";
  return Buffer.from(
    `MESSAGE ${request.requestUri} SIP/2.0\r\n` +
      `Via: SIP/2.0/UDP 127.0.0.1:${localPort};branch=z9hG4bK${index};rport\r\n` +
      `${index % 2 === 0 ? "From" : "f"}: ${display}<${request.from}>;tag=${index}\r\n` +
      `${index % 2 === 0 ? "To" : "t"}: <${request.to}>\r\n` +
      `${index % 4 === 0 ? "i" : "Call-ID"}:${blanks} ${request.callId}${blanks}\r\n` +
      `CSeq: ${index + 1} MESSAGE\r\nMax-Forwards: 70\r\n${extra}Content-Length: 0\r\n\r\n`,
  );
}
