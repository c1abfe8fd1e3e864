// Patterns as they are written: the part of regular expressions that can be decided byte by byte without ever going back.
// Whatever else regular expressions have is refused by its name, so that nobody's pattern quietly means something else.

/** A pattern taken apart. `has` says for each of the 256 bytes whether it is meant. */
export type Piece =
  | { readonly kind: "byte"; readonly has: Uint8Array }
  | { readonly kind: "sequence"; readonly pieces: readonly Piece[] }
  | { readonly kind: "choice"; readonly pieces: readonly Piece[] }
  | { readonly kind: "repeat"; readonly piece: Piece; readonly least: number; readonly most: number }
  | { readonly kind: "group"; readonly piece: Piece; readonly number: number }
  | { readonly kind: "start" }
  | { readonly kind: "end" };

/** What is wrong with a pattern, and where: `at` counts characters from 1. */
export class PatternFault extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(`${message} (character ${at} of the pattern)`);
    this.at = at;
  }
}

/** Most repetitions that a count may ask for. */
const MOST_REPEATS = 255;
const CASELESS = "(?i)";
const ESCAPES: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f", v: "\v", "0": "\0" };

/** The bytes of a class such as `\d`. */
function classOf(letter: string): Uint8Array | null {
  const has = new Uint8Array(256);
  const small = letter.toLowerCase();
  if (small === "d") fill(has, 0x30, 0x39);
  else if (small === "w") {
    fill(has, 0x30, 0x39);
    fill(has, 0x41, 0x5a);
    fill(has, 0x61, 0x7a);
    has[0x5f] = 1;
  } else if (small === "s") {
    fill(has, 0x09, 0x0d);
    has[0x20] = 1;
  } else return null;
  return letter === small ? has : inverted(has);
}

function fill(has: Uint8Array, first: number, last: number): void {
  has.fill(1, first, last + 1);
}

function inverted(has: Uint8Array): Uint8Array {
  return has.map((one) => 1 - one);
}

/** Reads a pattern; throws a `PatternFault`. A leading `(?i)` makes letters match in either case. */
export function parsePattern(text: string): Piece {
  return new PatternReader(text).read();
}

const ONLY = Array.from({ length: 256 }, (_, byte) => only(byte));

function bytePiece(byte: number): Piece {
  return { kind: "byte", has: ONLY[byte]! };
}

function only(byte: number): Uint8Array {
  const has = new Uint8Array(256);
  has[byte] = 1;
  return has;
}

class PatternReader {
  readonly #text: string;
  readonly #isCaseless: boolean;
  #at: number;
  #groups = 0;

  constructor(text: string) {
    this.#text = text;
    this.#isCaseless = text.startsWith(CASELESS);
    this.#at = this.#isCaseless ? CASELESS.length : 0;
  }

  read(): Piece {
    const piece = this.#choice();
    if (this.#at < this.#text.length) throw this.#fault('")" without "("');
    return piece;
  }

  #fault(message: string, at = this.#at): PatternFault {
    return new PatternFault(message, at + 1);
  }

  #choice(): Piece {
    const pieces = [this.#sequence()];
    while (this.#text[this.#at] === "|") {
      this.#at++;
      pieces.push(this.#sequence());
    }
    return pieces.length === 1 ? pieces[0]! : { kind: "choice", pieces };
  }

  #sequence(): Piece {
    const pieces: Piece[] = [];
    for (;;) {
      const next = this.#text[this.#at];
      if (next === undefined || next === "|" || next === ")") return { kind: "sequence", pieces };
      const at = this.#at;
      pieces.push(...this.#repeats(this.#atom(), at));
    }
  }

  /** The pieces of one atom: a character beyond ASCII is several bytes. */
  #atom(): Piece {
    const at = this.#at;
    const character = String.fromCodePoint(this.#text.codePointAt(at)!);
    this.#at += character.length;
    switch (character) {
      case "^":
        return { kind: "start" };
      case "$":
        return { kind: "end" };
      case ".":
        return { kind: "byte", has: new Uint8Array(256).fill(1) };
      case "(":
        return this.#group(at);
      case "[":
        return { kind: "byte", has: this.#folded(this.#set(at)) };
      case "\\":
        return this.#escape(at);
      case "*":
      case "+":
      case "?":
      case "{":
        throw this.#fault(`"${character}" repeats nothing; a plain one is written "\\${character}"`, at);
      default: {
        const bytes = [...Buffer.from(character, "utf8")].map((byte) => this.#byte(byte));
        return bytes.length === 1 ? bytes[0]! : { kind: "sequence", pieces: bytes };
      }
    }
  }

  #byte(byte: number): Piece {
    return this.#isCaseless ? { kind: "byte", has: this.#folded(only(byte)) } : bytePiece(byte);
  }

  #folded(has: Uint8Array): Uint8Array {
    if (!this.#isCaseless) return has;
    for (let small = 0x61; small <= 0x7a; small++) {
      const either = has[small]! | has[small - 0x20]!;
      has[small] = either;
      has[small - 0x20] = either;
    }
    return has;
  }

  #group(at: number): Piece {
    let number = 0;
    if (this.#text[this.#at] === "?") {
      if (this.#text[this.#at + 1] !== ":")
        throw this.#fault("of the forms (?…) only (?:…), and (?i) in front, are supported", at);
      this.#at += 2;
    } else number = ++this.#groups;
    const piece = this.#choice();
    if (this.#text[this.#at] !== ")") throw this.#fault('"(" without ")"', at);
    this.#at++;
    return number === 0 ? piece : { kind: "group", piece, number };
  }

  #escape(at: number): Piece {
    const letter = this.#text[this.#at];
    if (letter === undefined) throw this.#fault("a backslash at the end", at);
    this.#at++;
    const known = classOf(letter);
    if (known !== null) return { kind: "byte", has: known };
    const plain = ESCAPES[letter];
    if (plain !== undefined) return this.#byte(plain.charCodeAt(0));
    if (/[1-9]/.test(letter))
      throw this.#fault(`"\\${letter}" in a pattern (what a group has matched) is not supported`, at);
    if (/[A-Za-z]/.test(letter)) throw this.#fault(`"\\${letter}" is not supported`, at);
    return this.#byte(letter.charCodeAt(0));
  }

  /** Behind the bracket, up to and with the closing one. */
  #set(at: number): Uint8Array {
    const isInverted = this.#text[this.#at] === "^";
    if (isInverted) this.#at++;
    const has = new Uint8Array(256);
    for (let isFirst = true; ; isFirst = false) {
      if (this.#text[this.#at] === undefined) throw this.#fault('"[" without "]"', at);
      if (this.#text[this.#at] === "]" && !isFirst) break;
      const from = this.#member(has);
      if (from < 0 || this.#text[this.#at] !== "-" || this.#text[this.#at + 1] === "]") continue;
      const dash = this.#at++;
      const to = this.#member(has);
      if (to < from) throw this.#fault("a range that goes backwards", dash - 1);
      fill(has, from, to);
    }
    this.#at++;
    const folded = this.#folded(has);
    return isInverted ? inverted(folded) : folded;
  }

  /** Adds one member to a set; returns its byte, or -1 for a class. */
  #member(has: Uint8Array): number {
    const at = this.#at;
    let character = this.#text[this.#at++];
    if (character === undefined) throw this.#fault('"[" without "]"', at);
    if (character === "[" && this.#text[this.#at] === ":")
      throw this.#fault("[:name:] is not supported; write \\d, a-z", at);
    if (character === "\\") {
      const letter = this.#text[this.#at++];
      if (letter === undefined) throw this.#fault("a backslash at the end", at);
      const known = classOf(letter);
      if (known !== null) {
        for (let byte = 0; byte < 256; byte++) has[byte] = has[byte]! | known[byte]!;
        return -1;
      }
      if (ESCAPES[letter] === undefined && /[A-Za-z1-9]/.test(letter))
        throw this.#fault(`"\\${letter}" is not supported`, at);
      character = ESCAPES[letter] ?? letter;
    }
    const byte = character.charCodeAt(0);
    if (byte > 0x7f) throw this.#fault("a set can have ASCII characters only", at);
    has[byte] = 1;
    return byte;
  }

  #repeats(piece: Piece, atom: number): Piece[] {
    const at = this.#at;
    const rest = this.#text.slice(at);
    const [whole, sign, least, comma, most] = /^(?:([*+?])|\{(\d*)(,?)(\d*)\})/.exec(rest) ?? [];
    if (whole === undefined) {
      if (rest.startsWith("{")) throw this.#fault('"{" without a count; a plain one is written "\\{"', at);
      return [piece];
    }
    if (piece.kind === "start" || piece.kind === "end") throw this.#fault("an anchor cannot be repeated", atom);
    this.#at += whole.length;
    if (/^[+*?{]/.test(this.#text.slice(this.#at)))
      throw this.#fault("two repetitions in a row (lazy and possessive ones are not supported)");
    if (sign !== undefined)
      return [{ kind: "repeat", piece, least: sign === "+" ? 1 : 0, most: sign === "?" ? 1 : Infinity }];
    if (least === "" && most === "") throw this.#fault('"{}" has no count', at);
    const from = Number(least);
    const to = comma === "" ? from : most === "" ? Infinity : Number(most);
    if (to < from) throw this.#fault(`{${from},${to}} counts backwards`, at);
    if (from > MOST_REPEATS || (to !== Infinity && to > MOST_REPEATS))
      throw this.#fault(`counts go up to ${MOST_REPEATS}`, at);
    return [{ kind: "repeat", piece, least: from, most: to }];
  }
}
