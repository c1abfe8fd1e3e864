// Builds responses as bytes (RFC 3261 8.2.6).
import type { HeaderField, ParsedMessage } from "./parsed-message.ts";
import { headerOf, headerValues, parameterOf } from "./parsed-message.ts";

/** What a response carries besides the fields copied from its request. */
export interface ResponseFields {
  /** Added to To where the request has no tag. */
  readonly toTag?: string | undefined;
  readonly contact?: string | undefined;
  readonly headers?: readonly HeaderField[] | undefined;
  readonly body?: string | Buffer | undefined;
  /** Default: the RFC's phrase. */
  readonly reason?: string | undefined;
}

const PHRASES: Readonly<Record<number, string>> = {
  100: "Trying",
  180: "Ringing",
  183: "Session Progress",
  200: "OK",
  202: "Accepted",
  302: "Moved Temporarily",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  480: "Temporarily Unavailable",
  481: "Call/Transaction Does Not Exist",
  486: "Busy Here",
  487: "Request Terminated",
  488: "Not Acceptable Here",
  491: "Request Pending",
  500: "Server Internal Error",
  503: "Service Unavailable",
  504: "Server Time-out",
  600: "Busy Everywhere",
  603: "Decline",
};

/** The response as one datagram: Via, Record-Route, From, To, Call-ID, CSeq and Timestamp come from the request. */
export function buildResponse(request: ParsedMessage, status: number, fields: ResponseFields = {}): Buffer {
  const body = typeof fields.body === "string" ? Buffer.from(fields.body, "utf8") : (fields.body ?? Buffer.alloc(0));
  const to = headerOf(request, "to");
  const needsTag = fields.toTag !== undefined && status > 100 && parameterOf(to, "tag") === null;
  const lines = [`SIP/2.0 ${status} ${fields.reason ?? PHRASES[status] ?? "Unspecified"}`];
  for (const via of headerValues(request, "via")) lines.push(`Via: ${via}`);
  if (status > 100 && status < 300) {
    for (const route of headerValues(request, "record-route")) lines.push(`Record-Route: ${route}`);
  }
  lines.push(`From: ${headerOf(request, "from")}`, `To: ${needsTag ? `${to};tag=${fields.toTag}` : to}`);
  lines.push(`Call-ID: ${headerOf(request, "call-id")}`, `CSeq: ${headerOf(request, "cseq")}`);
  if (status === 100 && headerOf(request, "timestamp") !== "")
    lines.push(`Timestamp: ${headerOf(request, "timestamp")}`);
  if (fields.contact !== undefined) lines.push(`Contact: ${fields.contact}`);
  for (const extra of fields.headers ?? []) lines.push(`${extra.name}: ${extra.value}`);
  lines.push(`Content-Length: ${body.length}`, "", "");
  return Buffer.concat([Buffer.from(lines.join("\r\n"), "latin1"), body]);
}
