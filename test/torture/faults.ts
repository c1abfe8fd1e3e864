// What may be wrong with a datagram that the balancer sent: whoever reads it must find one message in it, and the same one
// as every other reader.
import { headerOf, headerValues, type ParsedMessage, parseMessage } from "../../src/ua/parsed-message.ts";

const REQUEST_LINE = /^[\w.!%*+`'~-]+ [^\s\p{Cc}"<>]+ SIP\/2\.0$/iu;
const STATUS_LINE = /^SIP\/2\.0 [1-6]\d\d [^\p{Cc}]*$/u;
const SINGLE = ["from", "to", "call-id", "cseq", "content-length", "max-forwards"];
/** What a forwarded request has to have in common with the one that came in. */
const KEPT = ["from", "to", "call-id", "cseq", "contact", "subject", "authorization", "user-agent", "content-type"];

/** Faults of any datagram; empty when it is sound. */
export function faultsOf(bytes: Buffer): string[] {
  const text = bytes.toString("latin1");
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return ["its header section does not end"];
  const faults: string[] = [];
  const head = text.slice(0, end + 2);
  if (/\r(?!\n)/.test(head)) faults.push("bare CR among its headers");
  if (/(?<!\r)\n/.test(head)) faults.push("bare LF among its headers");
  // In a quoted string a NUL may stand behind a backslash (RFC 4475 3.1.1.2).
  if (head.replaceAll("\\\0", "").includes("\0")) faults.push("NUL among its headers");
  const message = parseMessage(bytes);
  const startLine = head.slice(0, head.indexOf("\r\n"));
  if (message === null || !(message.isRequest ? REQUEST_LINE : STATUS_LINE).test(startLine))
    faults.push(`start line: ${startLine}`);
  if (message === null) return faults;
  for (const name of SINGLE) if (countOf(message, name) > 1) faults.push(`several ${name}`);
  const length = headerOf(message, "content-length");
  if (length !== "" && Number(length) !== bytes.length - end - 4)
    faults.push(`Content-Length ${length}, but ${bytes.length - end - 4} bytes follow`);
  return faults;
}

/** Faults of a forwarded request, compared with what came in. */
export function faultsOfForwarded(bytes: Buffer, original: Buffer): string[] {
  const faults = faultsOf(bytes);
  const sent = parseMessage(original);
  const got = parseMessage(bytes);
  if (sent === null || got === null) return [...faults, "not a request"];
  if (got.method !== sent.method) faults.push(`method ${got.method} instead of ${sent.method}`);
  if (got.uri !== sent.uri && sent.uri !== "") faults.push(`request URI ${got.uri} instead of ${sent.uri}`);
  if (!got.body.equals(sent.body)) faults.push("another body");
  for (const name of KEPT) {
    if (valuesOf(got, name).join("\n") !== valuesOf(sent, name).join("\n")) faults.push(`another ${name}`);
  }
  const vias = headerValues(got, "via").length - headerValues(sent, "via").length;
  if (vias !== 1) faults.push(`${vias} more Vias`);
  const given = headerOf(sent, "max-forwards");
  const hops = given === "" ? 70 : Number(given) - 1;
  if (headerOf(got, "max-forwards") !== String(hops)) faults.push(`Max-Forwards ${headerOf(got, "max-forwards")}`);
  return faults;
}

function valuesOf(message: ParsedMessage, name: string): string[] {
  return headerValues({ ...message, headers: message.headers }, name);
}

function countOf(message: ParsedMessage, name: string): number {
  return message.headers.filter((field) => hasName(message, field.name, name)).length;
}

function hasName(message: ParsedMessage, spelled: string, name: string): boolean {
  return headerOf({ ...message, headers: [{ name: spelled, value: "x" }] }, name) === "x";
}
