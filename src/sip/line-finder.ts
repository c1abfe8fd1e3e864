// Finds the lines of a header section and the names in front of them, in WebAssembly. First the line ends of 64 bytes at a time,
// without a branch that depends on where they are; then the names, line for line, where no line has to wait for the one before it.
// A processor that waits for each line's end to know where the next one begins takes three times as long.
import {
  add,
  anyBit,
  bitsOf,
  block,
  bytes16,
  type Code,
  get,
  i32,
  i64,
  isZero,
  Load,
  leave,
  leaveIf,
  load,
  loop,
  not,
  Op,
  op,
  type Routine,
  Store,
  set,
  store,
  Type,
  topBits,
  when,
  zerosBelow,
} from "./assembler.ts";
import { HEADER_COUNT, HEADER_NAMES, Header } from "./header.ts";

/** Lines that one call finds at most. */
export const LINES_PER_CALL = 72;
/** After that many line ends no further block is looked at; one block has up to eight. */
const MOST_ENDS = LINES_PER_CALL - 8;
/** Words of a line: header (`other` for all that the header's usual spelling does not say), offsets of its start, its value, its end. */
export const LINE_WORDS = 4;

const ROOM = (HEADER_COUNT + 3) & ~3;
/** In words, what belongs to a message: five tables by header, and the headers that are there, in the order of their first lines. */
export const LineTables = {
  valueStart: 0,
  valueEnd: ROOM,
  lineStart: ROOM * 2,
  lineEnd: ROOM * 3,
  count: ROOM * 4,
  present: ROOM * 5,
  words: ROOM * 6,
} as const;

/** Where the first line stands that was not read, and how many headers `present` holds. */
const STOPPED_AT = 0;
const PRESENT_AT = 4;
/** Where the lines that are left to others stand, in bytes; behind them line ends, by the first word of a name its number, and names. */
export const LINES_AT = 128;
const ENDS_AT = LINES_AT + LINES_PER_CALL * LINE_WORDS * 4;
const BY_START = ENDS_AT + LINES_PER_CALL * 4;
const NAMES = BY_START + 256;
/** A name: 16 bytes of it and of its mask, its length with the colon, the next name with the same start. */
const NAME_BYTES = 48;
const NAME_LENGTH = 32;
const NAME_NEXT = 36;
/** Behind all this. */
export const PACKETS_AT: number = (NAMES + HEADER_NAMES.length * NAME_BYTES + 63) & ~63;
const SPREAD = 0x9e3779b1 | 0;

/** Locals. */
const AT = 0;
const END = 1;
const TABLES = 2;
const ORIGIN = 3;
const BASE = 4;
const OUT = 5;
const FROM = 6;
const ID = 7;
const ROW = 8;
const START = 9;
const TO = 10;
const P = 11;
const BITS = 12;
const PRESENT = 13;
const IS_KNOWN = 14;
const CR = 15;
const ENDS = 16;
const LAST_CR = 17;
const EMPTY = 18;
const NAME = 19;

const byte = (address: Code, offset = 0): Code => load(Load.i32From8, address, offset);
const and64 = (a: Code, b: Code): Code => op(Op.i64And, a, b);
const or64 = (a: Code, b: Code): Code => op(Op.i64Or, a, b);
const shl64 = (a: Code, bits: number): Code => op(Op.i64Shl, a, i64(bits));
const shr64 = (a: Code, bits: number): Code => op(Op.i64ShrU, a, i64(bits));

/** One bit for each of the 64 bytes from BASE on that compares so with `value`. */
function compare(how: Code, value: number): Code {
  const quarter = (i: number): Code => topBits(op(how, load(Load.v128, get(BASE), i * 16), bytes16(value)));
  return or64(or64(quarter(0), shl64(quarter(1), 16)), or64(shl64(quarter(2), 32), shl64(quarter(3), 48)));
}

/** The next four line ends go to OUT and behind it, whether there are as many or not. */
function fourEnds(at: number): Code {
  return [0, 4, 8, 12].flatMap((offset) => [
    ...store(Store.i32, get(OUT), at + offset, op(Op.i32Add, get(BASE), zerosBelow(get(ENDS)))),
    ...set(ENDS, and64(get(ENDS), op(Op.i64Sub, get(ENDS), i64(1)))),
  ]);
}

/** Line ends are all bytes below 14 (CR, LF, NUL, HTAB ...), but not what stands behind a CR; the last is that of an empty line. */
const FIND_ENDS: Code = block(
  loop(
    leaveIf(1, op(Op.i32GeU, get(BASE), get(END))),
    leaveIf(1, op(Op.i32GeU, get(OUT), i32(ENDS_AT + MOST_ENDS * 4))),
    set(CR, compare(Op.i8x16Eq, 0x0d)),
    set(EMPTY, or64(shl64(get(CR), 1), shr64(get(LAST_CR), 63))),
    set(ENDS, and64(compare(Op.i8x16LtU, 0x0e), op(Op.i64Xor, get(EMPTY), i64(-1)))),
    // The second of two CRs with one byte between them.
    set(EMPTY, and64(get(CR), or64(shl64(get(CR), 2), shr64(get(LAST_CR), 62)))),
    when(
      not(isZero(get(EMPTY))),
      set(ENDS, and64(get(ENDS), op(Op.i64Xor, get(EMPTY), op(Op.i64Sub, get(EMPTY), i64(1))))),
    ),
    set(BITS, bitsOf(get(ENDS))),
    fourEnds(0),
    when(op(Op.i32GtU, get(BITS), i32(4)), fourEnds(16)),
    when(op(Op.i32GtU, get(BITS), i32(8)), set(OUT, add(OUT, 32)), leave(2)),
    set(OUT, op(Op.i32Add, get(OUT), op(Op.i32Mul, get(BITS), i32(4)))),
    leaveIf(1, not(isZero(get(EMPTY)))),
    set(LAST_CR, get(CR)),
    set(BASE, add(BASE, 64)),
    leave(0),
  ),
);

/** Number of the header whose usual spelling stands at AT, and START, where its value begins; else 0. */
const FIND_NAME: Code = [
  ...set(NAME, load(Load.v128, get(AT))),
  ...set(ID, byte(op(Op.i32ShrU, op(Op.i32Mul, load(Load.i32, get(AT)), i32(SPREAD)), i32(24)), BY_START)),
  ...set(START, get(AT)),
  ...block(
    loop(
      leaveIf(1, op(Op.i32Eq, get(ID), i32(Header.other))),
      set(ROW, op(Op.i32Mul, get(ID), i32(NAME_BYTES))),
      when(
        not(
          anyBit(
            op(
              Op.v128And,
              op(Op.v128Xor, get(NAME), load(Load.v128, get(ROW), NAMES)),
              load(Load.v128, get(ROW), NAMES + 16),
            ),
          ),
        ),
        set(START, op(Op.i32Add, get(AT), load(Load.i32, get(ROW), NAMES + NAME_LENGTH))),
        set(START, op(Op.i32Add, get(START), op(Op.i32Eq, byte(get(START)), i32(0x20)))),
        // More white space than one in front of the value, or some behind it, is for others to find.
        when(op(Op.i32LeU, byte(get(START)), i32(0x20)), set(ID, i32(Header.other))),
        when(op(Op.i32LeU, byte(op(Op.i32Sub, get(P), i32(1))), i32(0x20)), set(ID, i32(Header.other))),
        leave(2),
      ),
      set(ID, byte(get(ROW), NAMES + NAME_NEXT)),
      leave(0),
    ),
  ),
];

/** The first line of its header, and none before it was unknown: into the tables. */
const TAKE_FIRST: Code = [
  ...set(ROW, op(Op.i32Add, get(TABLES), op(Op.i32Mul, get(ID), i32(4)))),
  ...leaveIf(0, load(Load.i32, get(ROW), LineTables.count * 4)),
  ...store(Store.i32, get(ROW), LineTables.count * 4, i32(1)),
  ...store(Store.i32, get(ROW), LineTables.valueStart * 4, op(Op.i32Sub, get(START), get(ORIGIN))),
  ...store(Store.i32, get(ROW), LineTables.valueEnd * 4, op(Op.i32Sub, get(P), get(ORIGIN))),
  ...store(Store.i32, get(ROW), LineTables.lineStart * 4, op(Op.i32Sub, get(AT), get(ORIGIN))),
  ...store(Store.i32, get(ROW), LineTables.lineEnd * 4, op(Op.i32Sub, add(P, 2), get(ORIGIN))),
  ...store(Store.i32, get(PRESENT), LineTables.present * 4, get(ID)),
  ...set(PRESENT, add(PRESENT, 4)),
  ...leave(1),
];

/**
 * `findLines(at, end, tables, origin)`: from `at` on, up to the first line that is empty, folded or does not end in CRLF. Lines go to
 * the tables at `tables`, as offsets from `origin`. Returns how many others stand in LINES: second lines of a header, and all from
 * the first on whose name is not known in that spelling, because it may be one in another.
 */
export const findLines: Routine = {
  name: "findLines",
  parameters: 4,
  hasResult: true,
  locals: [...new Array<Type>(11).fill(Type.i32), ...new Array<Type>(4).fill(Type.i64), Type.v128],
  body: [
    ...set(BASE, get(AT)),
    // A line end stands before `at`, so its CR is two bytes away.
    ...set(LAST_CR, shl64(i64(1), 62)),
    ...set(OUT, i32(ENDS_AT)),
    ...FIND_ENDS,
    ...set(FROM, i32(ENDS_AT)),
    ...set(TO, i32(LINES_AT)),
    ...set(PRESENT, get(TABLES)),
    ...set(IS_KNOWN, i32(1)),
    ...block(
      loop(
        leaveIf(1, op(Op.i32GeU, get(FROM), get(OUT))),
        set(P, load(Load.i32, get(FROM))),
        leaveIf(1, op(Op.i32GeU, add(P, 2), get(END))),
        leaveIf(1, op(Op.i32Eq, get(P), get(AT))),
        leaveIf(1, op(Op.i32Ne, load(Load.i32From16, get(P)), i32(0x0a0d))),
        leaveIf(1, op(Op.i32Eq, byte(get(P), 2), i32(0x20))),
        leaveIf(1, op(Op.i32Eq, byte(get(P), 2), i32(0x09))),
        FIND_NAME,
        block(
          when(op(Op.i32Eq, get(ID), i32(Header.other)), set(IS_KNOWN, i32(0))),
          block(leaveIf(0, not(get(IS_KNOWN))), TAKE_FIRST),
          store(Store.i32, get(TO), 0, get(ID)),
          store(Store.i32, get(TO), 4, op(Op.i32Sub, get(AT), get(ORIGIN))),
          store(Store.i32, get(TO), 8, op(Op.i32Sub, get(START), get(ORIGIN))),
          store(Store.i32, get(TO), 12, op(Op.i32Sub, get(P), get(ORIGIN))),
          set(TO, add(TO, LINE_WORDS * 4)),
        ),
        set(FROM, add(FROM, 4)),
        set(AT, add(P, 2)),
        leave(0),
      ),
    ),
    ...store(Store.i32, i32(0), STOPPED_AT, op(Op.i32Sub, get(AT), get(ORIGIN))),
    ...store(Store.i32, i32(0), PRESENT_AT, op(Op.i32ShrU, op(Op.i32Sub, get(PRESENT), get(TABLES)), i32(2))),
    ...op(Op.i32ShrU, op(Op.i32Sub, get(TO), i32(LINES_AT)), i32(4)),
  ],
};

/** Puts the names where `findLines` looks for them: `bytes` are what stands before `PACKETS_AT`. */
export function fillNames(bytes: Buffer): void {
  HEADER_NAMES.forEach((name, id) => {
    // A name shorter than a word is known with the space behind its colon.
    const text = name.length < 3 ? `${name}: ` : `${name}:`;
    if (name === "" || text.length > 16) return;
    const row = NAMES + id * NAME_BYTES;
    bytes.write(text, row, "latin1");
    bytes.fill(255, row + 16, row + 16 + text.length);
    bytes.writeInt32LE(name.length + 1, row + NAME_LENGTH);
    const slot = BY_START + (Math.imul(bytes.readInt32LE(row), SPREAD) >>> 24);
    bytes[row + NAME_NEXT] = bytes[slot]!;
    bytes[slot] = id;
  });
}
