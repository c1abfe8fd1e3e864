// The message to be explained: as it stands in a file, or made from a short form.

/** A message in short form. URIs with or without angle brackets; what is absent is made up. */
export interface ShortForm {
  readonly method: string;
  readonly requestUri: string;
  readonly callId?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** `host:port` of the sender. */
  readonly source: string;
  /** More header lines, such as `Route: <sip:10.0.0.1;lr>`. */
  readonly headers?: readonly string[] | undefined;
}

/** A message's bytes, and what was changed to get them. */
export interface MessageText {
  readonly bytes: Buffer;
  readonly notes: readonly string[];
}

/** A complete request without a body. */
export function shortMessage(form: ShortForm): MessageText {
  const { method, requestUri, callId = "explained@example.invalid", source, headers = [] } = form;
  const from = withTag(nameAddr(form.from ?? "sip:caller@example.invalid"));
  const to = nameAddr(form.to ?? requestUri);
  const lines = [
    `${method} ${requestUri} SIP/2.0`,
    `Via: SIP/2.0/UDP ${source};branch=z9hG4bK-explained;rport`,
    "Max-Forwards: 70",
    ...headers,
    `From: ${from}`,
    `To: ${to}`,
    `Call-ID: ${callId}`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:${source}>`,
    "Content-Length: 0",
  ];
  return { bytes: Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), notes: [] };
}

/** A message from a file. Editors end lines with LF: a header section without any CRLF is read as if it had them. */
export function fileMessage(bytes: Buffer): MessageText {
  if (bytes.includes("\r\n")) return { bytes, notes: [] };
  const end = bytes.indexOf("\n\n");
  const head = bytes.toString("latin1", 0, end < 0 ? bytes.length : end).replace(/\n$/, "");
  const whole = Buffer.from(`${head.replaceAll("\n", "\r\n")}\r\n\r\n`, "latin1");
  return {
    bytes: end < 0 ? whole : Buffer.concat([whole, bytes.subarray(end + 2)]),
    notes: ["the message has LF line ends; its header section was read as if they were CRLF"],
  };
}

function nameAddr(text: string): string {
  return text.includes("<") ? text : `<${text}>`;
}

function withTag(text: string): string {
  return /;\s*tag\s*=/i.test(text.slice(text.indexOf(">"))) ? text : `${text};tag=explained`;
}
