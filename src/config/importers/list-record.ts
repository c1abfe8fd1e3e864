// The lines of a dispatcher.list, read as Kamailio's dispatcher module reads them: set id, URI, flags, priority, attributes.

/** One record. Columns count bytes from 1, in the line of the file. */
export interface ListRecord {
  readonly line: number;
  readonly column: number;
  /** Set id; `setGiven` is false where the line did not start with a digit and Kamailio takes 0. */
  readonly set: number;
  readonly setGiven: boolean;
  /** Empty: there is none, which makes Kamailio refuse the whole file. */
  readonly uri: string;
  readonly uriColumn: number;
  readonly flags: number;
  readonly priority: number;
  readonly attrs: string;
  readonly attrsColumn: number;
  /** What stands behind the attributes and is ignored. */
  readonly rest: string;
  readonly restColumn: number;
  /** The line was longer than the module reads at once; this record starts or ends where it was cut. */
  readonly isPiece: boolean;
}

/** Most bytes of a line that are read at once (fgets with 1,024). */
export const PIECE = 1_023;

const isBlank = (c: string | undefined) => c === " " || c === "\t" || c === "\r" || c === "\n";
const isDigit = (c: string | undefined) => c !== undefined && c >= "0" && c <= "9";

/** The records of a file. Bytes, not characters: text is taken as UTF-8 and cut where the module cuts it. */
export function readRecords(text: string): ListRecord[] {
  const records: ListRecord[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const bytes = Buffer.from(line, "utf8");
    for (let from = 0; from === 0 || from < bytes.length; from += PIECE) {
      const piece = bytes.subarray(from, from + PIECE).toString("latin1");
      const record = readRecord(piece, index + 1, from, bytes.length > PIECE);
      if (record !== null) records.push(record);
    }
  }
  return records;
}

/** `piece` holds a byte per character; it ends at a NUL, as a C string does. */
function readRecord(piece: string, line: number, from: number, isPiece: boolean): ListRecord | null {
  const end = piece.indexOf("\0");
  const text = end < 0 ? piece : piece.slice(0, end);
  let at = skipBlanks(text, 0);
  if (at === text.length || text[at] === "#") return null;
  const column = from + at + 1;
  const set = readNumber(text, at, false);
  const setGiven = set.end > at;
  at = skipBlanks(text, set.end);
  const uriAt = at;
  while (at < text.length && !isBlank(text[at]) && text[at] !== "#") at++;
  const uri = utf8(text.slice(uriAt, at));
  const base = { line, column, set: set.value, setGiven, uri, uriColumn: from + uriAt + 1, isPiece };
  const fields = readFields(text, uri === "" ? text.length : at);
  return { ...base, ...fields, attrsColumn: from + fields.attrsColumn + 1, restColumn: from + fields.restColumn + 1 };
}

/** Flags, priority and attributes. A `#` before any of them starts a comment; inside the attributes it does not. */
function readFields(text: string, from: number) {
  const fields = { flags: 0, priority: 0, attrs: "", attrsColumn: 0, rest: "", restColumn: 0 };
  let at = skipBlanks(text, from);
  if (at === text.length || text[at] === "#") return fields;
  const flags = readNumber(text, at, true);
  fields.flags = flags.value;
  at = skipBlanks(text, flags.end);
  if (at === text.length || text[at] === "#") return fields;
  const priority = readNumber(text, at, false);
  fields.priority = priority.value;
  at = skipBlanks(text, priority.end);
  if (at === text.length || text[at] === "#") return fields;
  fields.attrsColumn = at;
  while (at < text.length && !isBlank(text[at])) at++;
  fields.attrs = utf8(text.slice(fields.attrsColumn, at));
  fields.restColumn = skipBlanks(text, at);
  fields.rest = utf8(text.slice(fields.restColumn)).trimEnd();
  return fields;
}

function skipBlanks(text: string, at: number): number {
  let i = at;
  while (i < text.length && isBlank(text[i])) i++;
  return i;
}

/** Digits as far as they go, none being 0; 32 bits, as the module has them. */
function readNumber(text: string, at: number, hex: boolean): { value: number; end: number } {
  const digits = hex ? (/^0x[0-9a-f]+|^\d*/i.exec(text.slice(at))?.[0] ?? "") : "";
  if (hex && digits.length > 2 && !isDigit(digits[1]))
    return { value: Number.parseInt(digits, 16) | 0, end: at + digits.length };
  let end = at;
  let value = 0;
  while (isDigit(text[end])) {
    value = (Math.imul(value, 10) + Number(text[end])) | 0;
    end++;
  }
  return { value, end };
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}
