// Reads the values that every message needs, as nearly everybody writes them, in WebAssembly: Call-ID, CSeq, Content-Length and
// Max-Forwards. Where one of them is not so, message.ts reads them all.
import {
  add,
  block,
  bytes16,
  type Code,
  get,
  i32,
  Load,
  leave,
  leaveIf,
  load,
  loop,
  Op,
  op,
  type Routine,
  result,
  Store,
  set,
  store,
  Type,
  when,
} from "./assembler.ts";
import {
  byte,
  CHUNK,
  END,
  isAtEnd,
  isOther,
  isWithin,
  LOCALS,
  NEXT_LOCAL,
  P,
  PARAMETERS,
  START,
  search,
} from "./byte-search.ts";
import { Header } from "./header.ts";
import { LineTables } from "./line-finder.ts";

/** Where it leaves what it finds, in bytes. */
export const VALUES_AT = 96;
/** The words there: three numbers (-1: no such header), and the offset of the method in CSeq. */
export const ValueWord = { cseq: 0, contentLength: 1, maxForwards: 2, method: 3, words: 4 } as const;

/** Parameters, where others have start and end: the message's tables, and END, which is that of each value in turn. */
const TABLES = 0;
const ORIGIN = 2;
const NUMBER: number = NEXT_LOCAL;
const DIGIT: number = NEXT_LOCAL + 1;
/** More digits than these could be more than 2^31 - 1. */
const MOST_DIGITS = 9;

const table = (at: number, header: Header): Code => load(Load.i32, get(TABLES), (at + header) * 4);
const leaveNumber = (index: number, value: Code): Code => store(Store.i32, i32(0), VALUES_AT + index * 4, value);
/** P and END around the header's value, which is there. */
const within = (header: Header): Code => [
  ...set(P, op(Op.i32Add, table(LineTables.valueStart, header), get(ORIGIN))),
  ...set(END, op(Op.i32Add, table(LineTables.valueEnd, header), get(ORIGIN))),
];

/** The number whose digits stand from P on: NUMBER. It leaves `depth` blocks if there are none, or too many. */
function readNumber(depth: number): Code {
  return [
    ...set(NUMBER, i32(0)),
    ...set(START, get(P)),
    ...block(
      loop(
        leaveIf(1, isAtEnd),
        set(DIGIT, op(Op.i32Sub, byte(), i32(0x30))),
        leaveIf(1, op(Op.i32GtU, get(DIGIT), i32(9))),
        set(NUMBER, op(Op.i32Add, op(Op.i32Mul, get(NUMBER), i32(10)), get(DIGIT))),
        set(P, add(P, 1)),
        leave(0),
      ),
    ),
    // None, which wraps, or too many.
    ...leaveIf(depth, op(Op.i32GtU, op(Op.i32Sub, op(Op.i32Sub, get(P), get(START)), i32(1)), i32(MOST_DIGITS - 1))),
  ];
}

/** A header that is a number, if it is there. It leaves the block around it if it is none, or above `most`. */
function numberOf(header: Header, index: number, most: number): Code {
  return [
    ...leaveNumber(index, i32(-1)),
    ...when(
      table(LineTables.count, header),
      within(header),
      readNumber(1),
      leaveIf(1, op(Op.i32Ne, get(P), get(END))),
      leaveIf(1, op(Op.i32GtU, get(NUMBER), i32(most))),
      leaveNumber(index, get(NUMBER)),
    ),
  ];
}

/** `readValues(tables, anything, origin)`: 1 when all of them are so, and Call-ID and CSeq are there. */
export const readValues: Routine = {
  name: "readValues",
  parameters: PARAMETERS,
  hasResult: true,
  locals: [...LOCALS, Type.i32, Type.i32],
  body: [
    ...block(
      leaveIf(
        0,
        op(
          Op.i32Eq,
          op(Op.i32Mul, table(LineTables.count, Header.callId), table(LineTables.count, Header.cseq)),
          i32(0),
        ),
      ),
      within(Header.callId),
      leaveIf(0, isAtEnd),
      search(op(Op.i8x16LtU, get(CHUNK), bytes16(0x21))),
      leaveIf(0, op(Op.i32LtU, get(P), get(END))),
      within(Header.cseq),
      readNumber(0),
      leaveIf(0, isAtEnd),
      leaveIf(0, isOther(0x20)),
      set(P, add(P, 1)),
      leaveIf(0, isAtEnd),
      leaveNumber(ValueWord.cseq, get(NUMBER)),
      leaveNumber(ValueWord.method, op(Op.i32Sub, get(P), get(ORIGIN))),
      // Capital letters to the end, which the line end behind them is none of.
      search(op(Op.i8x16Eq, isWithin(get(CHUNK), 0x41, 26), bytes16(0))),
      leaveIf(0, op(Op.i32Ne, get(P), get(END))),
      numberOf(Header.contentLength, ValueWord.contentLength, 0x7fffffff),
      numberOf(Header.maxForwards, ValueWord.maxForwards, 255),
      result(i32(1)),
    ),
    ...i32(0),
  ],
};
