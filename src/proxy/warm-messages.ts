// The messages of made-up calls: a phone's requests and a destination's answers to what was forwarded. They are spelled in
// several ways, as those of real phones are: a way that only real messages take is compiled anew while packets wait.
import { writeProbeBranch } from "../bridge/probe-branch.ts";

/** Address of the phone that calls; its port is 5060, as everybody's. */
export const CALLER = "192.0.2.200";
const SDP =
  "v=0\r\no=- 1 1 IN IP4 192.0.2.200\r\ns=-\r\nc=IN IP4 192.0.2.200\r\nt=0 0\r\nm=audio 49172 RTP/AVP 0 8\r\n";
const EXTRA =
  "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE\r\nSupported: replaces, timer\r\nUser-Agent: Warm/1.0\r\nContent-Type: application/sdp\r\n";
/** What else may stand in a request. */
const OTHERS = ["", "X-Warm: 1\r\n", "", "P-Early-Media: supported\r\nPrivacy: none\r\n"] as const;
const CONTACTS = [
  `<sip:alice@${CALLER}:5060>`,
  `"Alice" <sip:alice@${CALLER}:5060;transport=udp>;expires=60`,
  `<sip:${CALLER}>`,
  `sip:alice@${CALLER}:5060`,
] as const;
const SIP_URIS = ["", ";user=phone", ":5060", ":5060;transport=udp"] as const;
/** What a destination says of itself: to this, requests within the dialog are addressed. */
const REMOTE = ["<sip:uas@HOST:5060>", "<sip:HOST:5060>", "<sip:uas@HOST;transport=udp>", "<sip:uas@HOST>"] as const;
/** A call in so many has headers by their short names (RFC 3261 7.3.3). */
const SHORT = 16;
const SHORT_NAMES = [
  ["Via", "v"],
  ["To", "t"],
  ["From", "f"],
  ["Call-ID", "i"],
  ["Contact", "m"],
  ["Content-Length", "l"],
] as const;

/** Value of the first header of this name. */
export function headerOf(message: string, name: string): string {
  const start = message.indexOf(`\r\n${name}: `) + name.length + 4;
  return message.slice(start, message.indexOf("\r\n", start));
}

/** The call that a message of the made-up world belongs to. */
export function callOf(message: string): number {
  return Number.parseInt(headerOf(message, "Call-ID"), 16);
}

/** What the destination at `host` answers to a forwarded request: its header section with another start line. */
export function answer(request: string, status: string, host: string): string {
  const end = request.indexOf("\r\n\r\n");
  const head = request
    .slice(request.indexOf("\r\n"), end)
    .replace(/\r\n(Content|Allow|Supported|User-Agent|Max-|Contact|X-|P)[^\r]*/g, "");
  const to = headerOf(request, "To");
  const tagged = status.startsWith("100") || to.includes(";tag=") ? to : `${to};tag=w`;
  const contact = REMOTE[callOf(request) % REMOTE.length]!.replace("HOST", host);
  return `SIP/2.0 ${status}${head.replace(`To: ${to}`, `To: ${tagged}`)}\r\nContact: ${contact}\r\nContent-Length: 0\r\n\r\n`;
}

/** What a destination answers to a probe, for main to hear. */
export const PROBED: string =
  `SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=${writeProbeBranch(0, "0".repeat(16))}\r\nFrom: <sip:192.0.2.1>;tag=p\r\n` +
  "To: <sip:192.0.2.2>;tag=w\r\nCall-ID: probe\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

/** A dialog as both of its ends see it. */
export interface WarmDialog {
  readonly call: number;
  /** The Route header line of its requests. */
  readonly route: string;
  /** Where the phone addresses them. */
  readonly target: string;
}

/** The dialog that the 2xx which the phone got has made. */
export function dialogOf(answered: string): WarmDialog {
  const contact = headerOf(answered, "Contact");
  return {
    call: callOf(answered),
    route: `Route: ${headerOf(answered, "Record-Route")}\r\n`,
    target: contact.slice(1, contact.indexOf(">")),
  };
}

/** Whose phone it is: sets that hash the From have several to tell apart. */
function callerOf(call: number): string {
  return `sip:alice${call % 64}@example.com`;
}

/** A request of call number `call`; with a dialog, one within it. */
export function request(method: string, call: number, dialog: WarmDialog | null = null): string {
  const isInvite = method === "INVITE";
  // ACK to a failure and CANCEL belong to the INVITE's transaction.
  const branch = dialog === null && (method === "ACK" || method === "CANCEL") ? "INVITE" : method;
  const number = call.toString(16).padStart(12, "0");
  const uri = `sip:user${number}@example.com`;
  const to = dialog === null ? `<${uri}>` : `<${uri}>;tag=w`;
  const from = `${call % 4 === 3 ? "" : '"Alice" '}<${callerOf(call)}>;tag=${number}`;
  const text =
    `${method} ${dialog === null ? uri + SIP_URIS[(call >> 1) % SIP_URIS.length]! : dialog.target} SIP/2.0\r\n` +
    `Via: SIP/2.0/UDP ${CALLER}${call % 8 === 7 ? "" : ":5060"};branch=z9hG4bK-${branch}-${number}${call % 8 === 5 ? "" : ";rport"}\r\n` +
    `Max-Forwards: 70\r\n${dialog === null ? "" : dialog.route}Contact: ${CONTACTS[(call >> 2) % CONTACTS.length]!}\r\nTo: ${to}\r\n` +
    `From: ${from}\r\nCall-ID: ${number}-warm@example.com\r\nCSeq: ${method === "BYE" ? 2 : 1} ${method}\r\n` +
    `${OTHERS[call % OTHERS.length]!}${isInvite ? EXTRA : ""}Content-Length: ${isInvite ? SDP.length : 0}\r\n\r\n${isInvite ? SDP : ""}`;
  return call % SHORT === SHORT - 1 ? shortened(text) : text;
}

/** The BYE of the destination at `host` in a dialog of `request`'s. */
export function byeOfDestination(dialog: WarmDialog, host: string): string {
  const number = dialog.call.toString(16).padStart(12, "0");
  return (
    `BYE sip:alice@${CALLER}:5060 SIP/2.0\r\nVia: SIP/2.0/UDP ${host}:5060;branch=z9hG4bK-uas-${number}\r\nMax-Forwards: 70\r\n` +
    `${dialog.route}From: <sip:user${number}@example.com>;tag=w\r\nTo: "Alice" <${callerOf(dialog.call)}>;tag=${number}\r\n` +
    `Call-ID: ${number}-warm@example.com\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n`
  );
}

function shortened(text: string): string {
  let out = text;
  for (const [name, short] of SHORT_NAMES) out = out.replaceAll(`\r\n${name}: `, `\r\n${short}: `);
  return out;
}

/** A message with all headers by their long names, as the destinations of the made-up world repeat them. */
export function lengthened(text: string): string {
  if (!text.includes("\r\ni: ")) return text;
  let out = text;
  for (const [name, short] of SHORT_NAMES) out = out.replaceAll(`\r\n${short}: `, `\r\n${name}: `);
  return out;
}
