// DNS messages: a question as bytes, and what an answer says about that question. Whatever a server sends, reading it is
// bounded: at most READ_RECORDS records are looked at, and only those that belong to the question are believed.
import { isIPv4, isIPv6 } from "node:net";
import { type Answer as DnsRecord, decode, encode, RECURSION_DESIRED } from "dns-packet";

/** An SRV record (RFC 2782). `target` without final dot; empty: the service is decidedly not available. */
export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** A NAPTR record (RFC 3403). Flags and services in upper case. */
export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly services: string;
  readonly replacement: string;
}

/** What the records of a type hold. */
export interface RecordData {
  readonly A: string;
  readonly AAAA: string;
  readonly SRV: SrvRecord;
  readonly NAPTR: NaptrRecord;
}
/** A type of records that is asked for. */
export type RecordType = keyof RecordData;

/** What an answer says. Times to live in seconds. */
export type Answer<T extends RecordType> =
  | {
      readonly kind: "found";
      readonly data: readonly RecordData[T][];
      readonly ttl: number;
      readonly isClipped: boolean;
    }
  /** There is no such name or no such record; `ttl` as RFC 2308 section 5 has it, -1 where there was no SOA. */
  | { readonly kind: "none"; readonly ttl: number }
  /** A CNAME whose records are not in this answer: ask for `name`. */
  | { readonly kind: "alias"; readonly name: string; readonly ttl: number }
  /** It did not fit into a datagram: ask again over TCP. */
  | { readonly kind: "truncated" }
  /** The server could not or would not say. */
  | { readonly kind: "failed"; readonly rcode: string };

/** Records of an answer that are looked at; the rest is left out, and that is counted. */
export const READ_RECORDS = 256;
/** CNAMEs that are followed for one question, over all its answers. */
export const MOST_ALIASES = 8;

const HEADER = 12;
const TRUNCATED = 0x02;
const NAME = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/;

/** The question as a datagram; recursion is asked for. `id` has 16 bits. */
export function writeQuestion(id: number, name: string, type: RecordType): Buffer {
  return encode({ type: "query", id, flags: RECURSION_DESIRED, questions: [{ type, name, class: "IN" }] });
}

/** What the message says about the question; null: it is no answer to it, or cannot be read. Never throws. */
export function readAnswer<T extends RecordType>(bytes: Buffer, id: number, name: string, type: T): Answer<T> | null {
  if (bytes.length < HEADER || bytes.readUInt16BE(0) !== id) return null;
  const [high, low] = [bytes[2]!, bytes[3]!];
  const isResponse = (high & 0x80) !== 0;
  const opcode = (high >> 3) & 0x0f;
  if (!isResponse || opcode !== 0 || bytes.readUInt16BE(4) !== 1) return null;
  const isTruncated = (high & TRUNCATED) !== 0;
  const rcode = low & 0x0f;
  const message = decodeFront(bytes, isTruncated);
  if (message === null) return null;
  const [question] = message.questions;
  if (question?.type !== type || question.class !== "IN" || nameOf(question.name) !== nameOf(name)) return null;
  if (isTruncated) return { kind: "truncated" };
  if (rcode !== 0 && rcode !== 3) return { kind: "failed", rcode: RCODES[rcode] ?? String(rcode) };
  return readRecords(message, nameOf(name), type);
}

const RCODES: Readonly<Record<number, string>> = { 1: "FORMERR", 2: "SERVFAIL", 4: "NOTIMP", 5: "REFUSED" };

interface Front {
  readonly questions: readonly { readonly name: string; readonly type: string; readonly class?: string | undefined }[];
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly isClipped: boolean;
}

/** Decodes no more than is wanted: counts in the header are claims, and they decide how long decoding takes. */
function decodeFront(bytes: Buffer, isTruncated: boolean): Front | null {
  const copy = Buffer.from(bytes);
  const answers = isTruncated ? 0 : bytes.readUInt16BE(6);
  const isClipped = answers > READ_RECORDS;
  copy.writeUInt16BE(Math.min(answers, READ_RECORDS), 6);
  // The SOA of a negative answer is the first of its section.
  copy.writeUInt16BE(isClipped || isTruncated ? 0 : Math.min(bytes.readUInt16BE(8), 16), 8);
  copy.writeUInt16BE(0, 10);
  try {
    const { questions = [], answers: found = [], authorities = [] } = decode(copy);
    return { questions, answers: found, authorities, isClipped };
  } catch {
    return null;
  }
}

/** Follows the CNAMEs from the name that was asked for; records of any other owner are nobody's business. */
function readRecords<T extends RecordType>(message: Front, name: string, type: T): Answer<T> | null {
  let owner = name;
  let ttl = Number.POSITIVE_INFINITY;
  for (let hops = 0; hops <= MOST_ALIASES; hops++) {
    const own = message.answers.filter((record) => isOf(record, owner));
    const records = own.filter((record) => record.type === type);
    if (records.length > 0) {
      const data = records.map((record) => dataOf(record, type)).filter((each) => each !== null);
      // Not one of them makes sense: that is no answer.
      if (data.length === 0) return null;
      for (const record of records) ttl = Math.min(ttl, ttlOf(record));
      return { kind: "found", data, ttl, isClipped: message.isClipped };
    }
    const alias = own.find((record) => record.type === "CNAME");
    if (alias === undefined) {
      if (owner === name) return { kind: "none", ttl: negativeTtl(message, owner) };
      const negative = negativeTtl(message, owner);
      // The chain ends here: either there is nothing (then an SOA says so), or the server left the rest to us.
      return negative >= 0 ? { kind: "none", ttl: Math.min(ttl, negative) } : { kind: "alias", name: owner, ttl };
    }
    ttl = Math.min(ttl, ttlOf(alias));
    const next = nameOf("data" in alias && typeof alias.data === "string" ? alias.data : "");
    if (!isDnsName(next)) return null;
    owner = next;
  }
  return { kind: "failed", rcode: "a loop of CNAMEs" };
}

function isOf(record: DnsRecord, owner: string): boolean {
  return nameOf(record.name) === owner && (!("class" in record) || record.class === undefined || record.class === "IN");
}

function ttlOf(record: DnsRecord): number {
  const ttl = "ttl" in record ? (record.ttl ?? 0) : 0;
  // RFC 2181 section 8: with the highest bit set it means 0.
  return ttl > 0x7fffffff ? 0 : ttl;
}

/** RFC 2308 section 5: the lower of the SOA's own TTL and its minimum. The SOA's zone must hold the name. */
function negativeTtl({ authorities }: Front, name: string): number {
  for (const record of authorities) {
    if (record.type !== "SOA") continue;
    const zone = nameOf(record.name);
    if (zone !== "" && name !== zone && !name.endsWith(`.${zone}`)) continue;
    return Math.min(ttlOf(record), record.data.minimum ?? 0);
  }
  return -1;
}

function dataOf<T extends RecordType>(record: DnsRecord, type: T): RecordData[T] | null {
  const data: unknown = "data" in record ? record.data : null;
  return READERS[type](data);
}

const READERS: { readonly [type in RecordType]: (data: unknown) => RecordData[type] | null } = {
  A: (data) => (typeof data === "string" && isIPv4(data) ? data : null),
  // An IPv4 address in IPv6's clothes has no place in a DNS answer.
  AAAA: (data) => (typeof data === "string" && isIPv6(data) && !/^::ffff:/i.test(data) ? data : null),
  SRV(data) {
    if (!isRecord(data)) return null;
    const { priority, weight, port } = data;
    const target = nameOf(String(data.target));
    if (target !== "" && !isDnsName(target)) return null;
    return { priority: Number(priority), weight: Number(weight), port: Number(port), target };
  },
  NAPTR(data) {
    if (!isRecord(data)) return null;
    const { order, preference, flags, services } = data;
    const replacement = nameOf(String(data.replacement));
    if (replacement !== "" && !isDnsName(replacement)) return null;
    return {
      order: Number(order),
      preference: Number(preference),
      flags: String(flags).toUpperCase(),
      services: String(services).toUpperCase(),
      replacement,
    };
  },
};

function isRecord(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === "object" && data !== null;
}

/** Lower case, without final dot; the root is empty. */
export function nameOf(text: string): string {
  return text.toLowerCase().replace(/\.$/, "");
}

/** Whether this may be asked for: letters, digits, hyphens and underscores in labels of at most 63. */
export function isDnsName(name: string): boolean {
  return NAME.test(name);
}
