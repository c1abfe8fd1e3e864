// Lists of revoked certificates (CRL, RFC 5280 5) as far as OpenSSL will not tell before it is too late: whose they are, and whether they
// are out of date. One that has run out lets nobody in.

/** One list of a file. */
export interface RevocationList {
  /** PEM, this list alone. */
  readonly pem: string;
  /** Its issuer's name: DER, in hexadecimal. */
  readonly issuer: string;
  /** Milliseconds since 1970. */
  readonly issued: number;
  /** When the next one is due; null: it does not say. */
  readonly next: number | null;
  /** What is on it: the DER of its entries, in hexadecimal; empty: nothing. The next list of an authority mostly says the same. */
  readonly revoked: string;
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const EXPLICIT_VERSION = 0xa0;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** The lists in a PEM file, in order; null for one that cannot be read. */
export function readRevocations(text: string): (RevocationList | null)[] {
  const blocks = text.match(/-----BEGIN X509 CRL-----[\s\S]*?-----END X509 CRL-----/g) ?? [];
  return blocks.map((pem) => {
    const der = Buffer.from(pem.replace(/-----[^-]*-----/g, ""), "base64");
    return readList(pem, der);
  });
}

/** The name of whom a certificate is about, in the form of `issuer` above; empty: it cannot be read. */
export function subjectName(certificate: Buffer): string {
  const whole = element(certificate, 0, certificate.length);
  const signed = whole && element(certificate, whole.start, whole.end);
  if (signed === null) return "";
  let at = signed.start;
  // Version, where there is one, serial number, algorithm, issuer, validity (RFC 5280 4.1).
  let before = certificate[at] === EXPLICIT_VERSION ? 5 : 4;
  for (; before > 0; before--) at = element(certificate, at, signed.end)?.end ?? signed.end;
  const subject = element(certificate, at, signed.end);
  return subject === null ? "" : certificate.toString("hex", subject.from, subject.end);
}

/** A value of DER: its first byte, and where its content lies. */
interface Element {
  readonly tag: number;
  /** Of the whole element. */
  readonly from: number;
  readonly start: number;
  readonly end: number;
}

function readList(pem: string, der: Buffer): RevocationList | null {
  const whole = element(der, 0, der.length);
  const signed = whole && element(der, whole.start, whole.end);
  if (whole?.tag !== SEQUENCE || signed?.tag !== SEQUENCE) return null;
  const parts: Element[] = [];
  for (let at = signed.start; parts.length < 6; ) {
    const part = element(der, at, signed.end);
    if (part === null) break;
    // The version, which version 1 does not have.
    if (parts.length > 0 || part.tag !== INTEGER) parts.push(part);
    at = part.end;
  }
  const [algorithm, issuer, issued] = parts;
  if (algorithm?.tag !== SEQUENCE || issuer?.tag !== SEQUENCE || issued === undefined) return null;
  // Both are optional: when the next one is due, and a sequence of entries (RFC 5280 5.1).
  const begin = timeOf(der, issued);
  const next = parts[3] === undefined ? null : timeOf(der, parts[3]);
  const entries = parts[next === null ? 3 : 4];
  if (begin === null) return null;
  const hex = ({ from, end }: Element) => der.toString("hex", from, end);
  return { pem, issuer: hex(issuer), issued: begin, next, revoked: entries?.tag === SEQUENCE ? hex(entries) : "" };
}

function element(der: Buffer, from: number, bound: number): Element | null {
  if (from + 2 > bound) return null;
  const first = der[from + 1]!;
  // More than four bytes of length: four gigabytes.
  const bytes = first < 0x80 ? 0 : first & 0x7f;
  if (bytes > 4 || from + 2 + bytes > bound) return null;
  const start = from + 2 + bytes;
  const end = start + (bytes === 0 ? first : der.readUIntBE(from + 2, bytes));
  return first === 0x80 || end > bound ? null : { tag: der[from]!, from, start, end };
}

/** RFC 5280 5.1.2.4: YYMMDDhhmmssZ until 2049, then with four digits. Null: it is no time. */
function timeOf(der: Buffer, { tag, start, end }: Element): number | null {
  if (tag !== UTC_TIME && tag !== GENERALIZED_TIME) return null;
  const text = der.toString("latin1", start, end);
  const digits = tag === UTC_TIME ? `${Number(text.slice(0, 2)) < 50 ? "20" : "19"}${text}` : text;
  const [, date, hour, minute, second] = /^(\d{8})(\d\d)(\d\d)(\d\d)Z$/.exec(digits) ?? [];
  if (date === undefined) return null;
  return Date.parse(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T${hour}:${minute}:${second}Z`);
}
