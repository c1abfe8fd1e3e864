// The messages of made-up calls: a phone's requests and a destination's answers to what was forwarded.

/** Address of the phone that calls; its port is 5060, as everybody's. */
export const CALLER = "192.0.2.200";
const SDP =
  "v=0\r\no=- 1 1 IN IP4 192.0.2.200\r\ns=-\r\nc=IN IP4 192.0.2.200\r\nt=0 0\r\nm=audio 49172 RTP/AVP 0 8\r\n";
const EXTRA =
  "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE\r\nSupported: replaces, timer\r\nUser-Agent: Warm/1.0\r\nContent-Type: application/sdp\r\n";

/** Value of the first header of this name. */
export function headerOf(message: string, name: string): string {
  const start = message.indexOf(`\r\n${name}: `) + name.length + 4;
  return message.slice(start, message.indexOf("\r\n", start));
}

/** What a destination answers to a forwarded request: its header section with another start line. */
export function answer(request: string, status: string): string {
  const end = request.indexOf("\r\n\r\n");
  const head = request
    .slice(request.indexOf("\r\n"), end)
    .replace(/\r\n(Content|Allow|Supported|User-Agent|Max-)[^\r]*/g, "");
  const to = headerOf(request, "To");
  const tagged = status.startsWith("100") || to.includes(";tag=") ? to : `${to};tag=w`;
  return `SIP/2.0 ${status}${head.replace(`To: ${to}`, `To: ${tagged}`)}\r\nContact: <sip:uas@192.0.2.2>\r\nContent-Length: 0\r\n\r\n`;
}

/** A request of call number `call`; `route` is a Route header line for those within the dialog, else nothing. */
export function request(method: string, call: number, route = ""): string {
  const isInvite = method === "INVITE";
  const tag = route === "" ? "" : ";tag=w";
  // ACK to a failure and CANCEL belong to the INVITE's transaction.
  const branch = route === "" && (method === "ACK" || method === "CANCEL") ? "INVITE" : method;
  const number = call.toString(16).padStart(12, "0");
  return (
    `${method} sip:user${number}@example.com SIP/2.0\r\nVia: SIP/2.0/UDP ${CALLER}:5060;branch=z9hG4bK-${branch}-${number};rport\r\n` +
    `Max-Forwards: 70\r\n${route}Contact: <sip:alice@${CALLER}:5060>\r\nTo: <sip:user${number}@example.com>${tag}\r\n` +
    `From: "Alice" <sip:alice@example.com>;tag=${number}\r\nCall-ID: ${number}-warm@example.com\r\nCSeq: ${method === "BYE" ? 2 : 1} ${method}\r\n` +
    `${isInvite ? EXTRA : ""}Content-Length: ${isInvite ? SDP.length : 0}\r\n\r\n${isInvite ? SDP : ""}`
  );
}
