// Keys as they are written: `{from.user}@{header:X-Account}`, or with Kamailio's pseudo-variables, `$fU@$hdr(X-Account)`.
import { suggestion } from "../suggest.ts";

/** Keys that have a word of their own. */
export const KEY_WORDS = ["call-id", "from", "to", "request-uri", "auth-user"] as const;
/** One of `KEY_WORDS`. */
export type KeyWord = (typeof KEY_WORDS)[number];

/** Names of parts of a message, and Kamailio's for the same. */
const FIELDS = {
  "call-id": "ci",
  method: "rm",
  from: "fu",
  "from.user": "fU",
  "from.host": "fd",
  to: "tu",
  "to.user": "tU",
  "to.host": "td",
  "request-uri": "ru",
  "request-uri.user": "rU",
  "request-uri.host": "rd",
  "request-uri.port": "",
  "request-uri.scheme": "rz",
  "request-uri.transport": "rP",
  source: "si",
  "source.port": "sp",
  listener: "",
  "listener.host": "Ri",
  "listener.port": "Rp",
  "auth-user": "au",
  "from.tag": "ft",
  cseq: "cs",
} as const;
/** Theirs for the URI as it came, which here is the request URI. */
const ALIASES: Readonly<Record<string, string>> = { ou: "ru", oU: "rU", od: "rd" };
/** Headers that have a variable of their own. */
const HEADERS: Readonly<Record<string, string>> = { ua: "User-Agent", ct: "Contact" };
/** Parameters of URIs, whose name stands behind a colon. */
const PARAM_FIELDS = ["request-uri.param", "from.param", "to.param"] as const;
/** A part of a message that a key can have. */
export type KeyFieldName = keyof typeof FIELDS | (typeof PARAM_FIELDS)[number] | "header" | "text";

/** One part; `text` is written text, or a header's or parameter's name. */
export interface KeyPartConfig {
  readonly field: KeyFieldName;
  readonly text: string;
  /** Stands for what a message has not. */
  readonly ifNone: string;
}

const NAMES = Object.keys(FIELDS) as (keyof typeof FIELDS)[];
const HOSTS: readonly KeyFieldName[] = ["from.host", "to.host", "request-uri.host"];
/** What is in small letters where it is compared, by itself or not. */
const SMALL: readonly KeyFieldName[] = ["request-uri.scheme", "request-uri.transport"];
/** Parts that differ between an INVITE and its CANCEL or ACK. */
const UNSTABLE: readonly KeyFieldName[] = ["method", "source.port", "header", "auth-user"];
/** What Kamailio prints for a variable without a value. */
const NULL = "<null>";
/** A request URI that names no transport is of this one to it. */
const USUAL_TRANSPORT = "UDP";
const MOST_PARTS = 32;
const PART = /\{([^{}]*)\}|\$hdr\(([^()]*)\)|\$\(hdr\(([^()]*)\)\)|\$(?:\((\w+)\)|(\w{2}))|([^{}$]+)|([{}$])/gy;

/** Whether it is one of the words. */
export function isKeyWord(text: string): text is KeyWord {
  return KEY_WORDS.some((word) => word === text);
}

/** The parts of a key that is no word; a sentence when it cannot be read. */
export function parseKeyExpression(text: string): readonly KeyPartConfig[] | string {
  const parts = parseText(text);
  if (typeof parts === "string" || parts.some(({ field }) => field !== "text")) return parts;
  const hint = suggestion(text, KEY_WORDS);
  return `the key is the same for every message${hint === "" ? "" : `: ${hint}`}`;
}

/** The parts of a text that may have none of the message's; a sentence when it cannot be read. */
export function parseText(text: string): readonly KeyPartConfig[] | string {
  const parts: KeyPartConfig[] = [];
  for (const [, braced, bare, enclosed, wrapped, variable, plain, stray] of text.matchAll(PART)) {
    if (stray !== undefined) return `"${stray}" stands alone in "${text}"`;
    if (plain !== undefined) parts.push({ field: "text", text: plain, ifNone: "" });
    else {
      const part = braced === undefined ? variableOf(bare ?? enclosed, wrapped ?? variable ?? "") : fieldOf(braced);
      if (typeof part === "string") return part;
      parts.push(part);
    }
  }
  if (parts.length > MOST_PARTS) return `the key has ${parts.length} parts, at most ${MOST_PARTS} are possible`;
  return parts;
}

/** Whether it is the host of a URI and nothing else, which stands for the same in capitals. */
export function isHostAlone(parts: readonly KeyPartConfig[]): boolean {
  return parts.length === 1 && HOSTS.some((field) => field === parts[0]?.field);
}

/** Whether it is the scheme or the transport of the request URI and nothing else, which are compared in either case. */
export function isSmallAlone(parts: readonly KeyPartConfig[]): boolean {
  return parts.length === 1 && SMALL.some((field) => field === parts[0]?.field);
}

/** Whether retransmission, CANCEL and ACK have the same key as their INVITE. */
export function isStableKey(parts: readonly KeyPartConfig[]): boolean {
  return !parts.some(({ field }) => UNSTABLE.includes(field));
}

function fieldOf(name: string): KeyPartConfig | string {
  const header = /^header:([A-Za-z0-9.!%*_+`'~-]{1,64})$/.exec(name)?.[1];
  if (header !== undefined) return { field: "header", text: header, ifNone: "" };
  const [, place, param = ""] = /^([a-z.-]+):([A-Za-z0-9.!%*_+`'~-]{1,64})$/.exec(name) ?? [];
  const params = PARAM_FIELDS.find((one) => one === place);
  if (params !== undefined) return { field: params, text: param, ifNone: "" };
  const field = NAMES.find((one) => one === name);
  return field === undefined ? `there is no {${name}}` : { field, text: "", ifNone: "" };
}

function variableOf(header: string | undefined, variable: string): KeyPartConfig | string {
  if (header !== undefined) {
    const part = fieldOf(`header:${header}`);
    return typeof part === "string" ? part : { ...part, ifNone: NULL };
  }
  const known = Object.hasOwn(HEADERS, variable) ? HEADERS[variable] : undefined;
  if (known !== undefined) return { field: "header", text: known, ifNone: NULL };
  const meant = Object.hasOwn(ALIASES, variable) ? ALIASES[variable] : variable;
  const field = NAMES.find((name) => FIELDS[name] === meant);
  if (field === undefined) return `the variable $${variable} is not known`;
  return { field, text: "", ifNone: field === "request-uri.transport" ? USUAL_TRANSPORT : NULL };
}

/** What a key can be made of, for hints. */
export const KEY_HINT = `${NAMES.map((name) => `{${name}}`).join(" ")} {header:NAME} {request-uri.param:NAME} {from.param:NAME} {to.param:NAME}`;
