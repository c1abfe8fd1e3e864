// Messages of mixed calls as texts: slower than bytes, but every kind of call is a few lines.

/** What becomes of a call, with how many of 1000 are so. */
export const KINDS = {
  /** INVITE, 200, ACK, BYE of the caller. */
  plain: 380,
  /** The callee hangs up; both do at the same time. */
  callee: 100,
  both: 80,
  /** Cancelled while it rings; cancelled at once, while half of the callees answer at once. */
  cancelled: 110,
  race: 90,
  /** 486. */
  busy: 130,
  /** Two 200s of one INVITE. */
  fork: 40,
  /** Nobody says BYE. */
  lost: 20,
  /** Some destinations answer 500 or 503; some nothing. */
  refused: 40,
  silent: 10,
} as const;
export type Kind = keyof typeof KINDS;

const TABLE: Kind[] = Object.entries(KINDS).flatMap(([kind, share]) => new Array<Kind>(share).fill(kind as Kind));

/** What the call of this number is. Multiplied by a number without common factors, so that kinds mix. */
export function kindOf(number: number): Kind {
  return TABLE[(number * 617) % TABLE.length]!;
}

/** A number below `below` that depends on both. */
export function stir(number: number, other: number, below: number): number {
  return (Math.imul(number ^ Math.imul(other + 1, 0x9e3779b1), 0x85ebca6b) >>> 8) % below;
}

/** One message. */
export interface Text {
  readonly first: string;
  readonly lines: readonly string[];
  readonly number: number;
}

/** Reads one; the number stands in its Call-ID. */
export function read(text: string): Text {
  const lines = text.slice(0, text.indexOf("\r\n\r\n")).split("\r\n");
  const callId = lines.find((line) => line.startsWith("Call-ID: ")) ?? "";
  return { first: lines[0] ?? "", lines, number: Number.parseInt(callId.slice("Call-ID: ".length), 10) };
}

/** The value of a header; empty when it is not there. */
export function header({ lines }: Text, name: string): string {
  return lines.find((line) => line.startsWith(name) && line[name.length] === ":")?.slice(name.length + 2) ?? "";
}

/** The response to a request; `tag` goes into its To where there is none. */
export function response(request: Text, status: number, tag: string, more = ""): string {
  let out = `SIP/2.0 ${status} Whatever\r\n`;
  for (const line of request.lines) {
    if (/^(Via|Record-Route|From|Call-ID|CSeq):/.test(line)) out += `${line}\r\n`;
    else if (line.startsWith("To:")) out += `${line}${line.includes(";tag=") ? "" : `;tag=${tag}`}\r\n`;
  }
  return `${out}${more}Content-Length: 0\r\n\r\n`;
}
