// Builds requests as bytes.
import { randomBytes } from "node:crypto";
import type { HeaderField, ParsedMessage } from "./parsed-message.ts";
import { cseqOf, headerOf, headerValues } from "./parsed-message.ts";

/** Everything that goes into a request; header values without their names. */
export interface RequestFields {
  readonly method: string;
  readonly uri: string;
  /** Via values, top first. */
  readonly via: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly cseq: number;
  readonly contact?: string | undefined;
  readonly routes?: readonly string[] | undefined;
  /** 70 when not given. */
  readonly maxForwards?: number | undefined;
  readonly headers?: readonly HeaderField[] | undefined;
  readonly body?: string | Buffer | undefined;
}

/** A fresh RFC 3261 branch. */
export function newBranch(): string {
  return `z9hG4bK${randomBytes(9).toString("hex")}`;
}

/** A fresh tag or Call-ID. */
export function newToken(): string {
  return randomBytes(8).toString("hex");
}

/** A header field from its two parts. */
export function field(name: string, value: string): HeaderField {
  return { name, value };
}

/** The request as one datagram. */
export function buildRequest(fields: RequestFields): Buffer {
  const body = typeof fields.body === "string" ? Buffer.from(fields.body, "utf8") : (fields.body ?? Buffer.alloc(0));
  const lines = [`${fields.method} ${fields.uri} SIP/2.0`];
  for (const via of fields.via) lines.push(`Via: ${via}`);
  for (const route of fields.routes ?? []) lines.push(`Route: ${route}`);
  lines.push(`Max-Forwards: ${fields.maxForwards ?? 70}`, `From: ${fields.from}`, `To: ${fields.to}`);
  lines.push(`Call-ID: ${fields.callId}`, `CSeq: ${fields.cseq} ${fields.method}`);
  if (fields.contact !== undefined) lines.push(`Contact: ${fields.contact}`);
  for (const extra of fields.headers ?? []) lines.push(`${extra.name}: ${extra.value}`);
  lines.push(`Content-Length: ${body.length}`, "", "");
  return Buffer.concat([Buffer.from(lines.join("\r\n"), "latin1"), body]);
}

/** The ACK to a non-2xx final answer: same branch, same Route, To of the answer (RFC 3261 17.1.1.3). */
export function buildFailureAck(invite: ParsedMessage, response: ParsedMessage): Buffer {
  return buildRequest({ ...sameTransaction(invite, "ACK"), to: headerOf(response, "to") });
}

/** The CANCEL of an INVITE (RFC 3261 9.1). */
export function buildCancel(invite: ParsedMessage): Buffer {
  return buildRequest(sameTransaction(invite, "CANCEL"));
}

function sameTransaction(invite: ParsedMessage, method: string): RequestFields {
  return {
    method,
    uri: invite.uri,
    via: headerValues(invite, "via").slice(0, 1),
    from: headerOf(invite, "from"),
    to: headerOf(invite, "to"),
    callId: headerOf(invite, "call-id"),
    cseq: cseqOf(invite).number,
    routes: headerValues(invite, "route"),
  };
}
