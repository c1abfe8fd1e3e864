// Reads a Via value as nearly everybody writes it, in WebAssembly: `SIP/2.0/UDP host:port` (or TCP, TLS, WSS), with branch, rport
// and received in any order and nothing else. Whatever else it is, via.ts reads it.
import {
  add,
  block,
  type Code,
  get,
  i32,
  Load,
  leave,
  leaveIf,
  load,
  loop,
  not,
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
  AT,
  byte,
  END,
  isAtEnd,
  isOther,
  isOtherWord,
  LOCALS,
  leaveOffset,
  NEXT_LOCAL,
  NOT_IN_HOST,
  NOT_IN_VALUE,
  P,
  PARAMETERS,
  START,
  search,
} from "./byte-search.ts";

/** Where it leaves what it finds, in bytes. */
export const VIA_AT = 32;
/** The words there, as the fields of `Via`. */
export const ViaWord = {
  hostEnd: 0,
  port: 1,
  branchStart: 2,
  branchEnd: 3,
  hasMagic: 4,
  rport: 5,
  rportStart: 6,
  rportEnd: 7,
  receivedStart: 8,
  receivedEnd: 9,
  words: 10,
} as const;

const NUMBER: number = NEXT_LOCAL;
const DIGIT: number = NEXT_LOCAL + 1;

const place = (index: number): number => VIA_AT + index * 4;
const leaveNumber = (index: number, value: Code): Code => store(Store.i32, i32(0), place(index), value);
const isThere = (index: number): Code => op(Op.i32Ne, load(Load.i32, i32(0), place(index)), i32(-1));

/** The number whose digits stand from P on: NUMBER. It leaves `depth` blocks if there are none, or it is no port. */
function readPort(depth: number): Code {
  return [
    ...set(START, get(P)),
    ...set(NUMBER, i32(0)),
    ...block(
      loop(
        leaveIf(1, isAtEnd),
        set(DIGIT, op(Op.i32Sub, byte(), i32(0x30))),
        leaveIf(1, op(Op.i32GtU, get(DIGIT), i32(9))),
        set(NUMBER, op(Op.i32Add, op(Op.i32Mul, get(NUMBER), i32(10)), get(DIGIT))),
        leaveIf(depth + 2, op(Op.i32GtU, get(NUMBER), i32(65_535))),
        set(P, add(P, 1)),
        leave(0),
      ),
    ),
    ...leaveIf(depth, op(Op.i32Eq, get(P), get(START))),
  ];
}

/** The value from P on: from START up to P. It leaves `depth` blocks if there is none. */
function readValue(depth: number): Code {
  return [
    ...leaveIf(depth, isAtEnd),
    ...set(START, get(P)),
    ...search(NOT_IN_VALUE),
    ...when(isAtEnd, set(P, get(END))),
    ...leaveIf(depth, op(Op.i32Eq, get(P), get(START))),
  ];
}

/** z9hG4bK in any case, and something behind it. */
const isWordOfMagic = (text: string, offset: number): Code =>
  op(
    Op.i32Eq,
    op(Op.i32Or, load(Load.i32, get(START), offset), i32(0x20200020)),
    i32(Buffer.from(text, "latin1").readInt32LE()),
  );
const HAS_MAGIC: Code = op(
  Op.i32And,
  op(Op.i32And, isWordOfMagic("z9hg", 0), isWordOfMagic("g4bk", 3)),
  op(Op.i32GtU, op(Op.i32Sub, get(P), get(START)), i32(7)),
);

// A parameter's code goes on behind itself (depth 0) if it is another one, to the next parameter (1), or leaves the value to others (2).
const BRANCH: Code = block(
  leaveIf(0, isOtherWord(";bra")),
  leaveIf(2, isOtherWord("anch", 3)),
  leaveIf(2, isOther(0x3d, 7)),
  leaveIf(2, isThere(ViaWord.branchStart)),
  set(P, add(P, 8)),
  readValue(2),
  leaveOffset(place(ViaWord.branchStart), get(START)),
  leaveOffset(place(ViaWord.branchEnd), get(P)),
  leaveNumber(ViaWord.hasMagic, HAS_MAGIC),
  leave(1),
);

const RPORT: Code = block(
  leaveIf(0, isOtherWord(";rpo")),
  leaveIf(2, isOtherWord("port", 2)),
  leaveIf(2, isThere(ViaWord.rportStart)),
  leaveOffset(place(ViaWord.rportStart), get(P)),
  set(P, add(P, 6)),
  leaveIf(2, op(Op.i32GtU, get(P), get(END))),
  set(NUMBER, i32(0)),
  block(leaveIf(0, isAtEnd), leaveIf(0, isOther(0x3d)), set(P, add(P, 1)), readPort(3)),
  leaveNumber(ViaWord.rport, get(NUMBER)),
  leaveOffset(place(ViaWord.rportEnd), get(P)),
  leave(1),
);

// The last of them, and no block: one less to leave.
const RECEIVED: Code = [
  ...leaveIf(1, isOtherWord(";rec")),
  ...leaveIf(1, isOtherWord("eive", 4)),
  ...leaveIf(1, isOther(0x64, 8)),
  ...leaveIf(1, isOther(0x3d, 9)),
  ...leaveIf(1, isThere(ViaWord.receivedStart)),
  ...leaveOffset(place(ViaWord.receivedStart), get(P)),
  ...set(P, add(P, 10)),
  ...readValue(1),
  ...leaveOffset(place(ViaWord.receivedEnd), get(P)),
  ...leave(0),
];

const ABSENT: readonly number[] = [
  ViaWord.branchStart,
  ViaWord.branchEnd,
  ViaWord.rport,
  ViaWord.rportStart,
  ViaWord.rportEnd,
  ViaWord.receivedStart,
  ViaWord.receivedEnd,
];

/** `readVia(at, end, origin)`: 1 when the value is such a one, all of it; the offsets that it leaves are from `origin`. */
export const readVia: Routine = {
  name: "readVia",
  parameters: PARAMETERS,
  hasResult: true,
  locals: [...LOCALS, Type.i32, Type.i32],
  body: [
    ...set(P, get(AT)),
    ...block(
      leaveIf(0, isOtherWord("SIP/")),
      leaveIf(0, isOtherWord("2.0/", 4)),
      block(
        ...["UDP ", "TCP ", "TLS "].map((name) => leaveIf(0, not(isOtherWord(name, 8)))),
        leaveIf(1, isOtherWord("WSS ", 8)),
      ),
      set(P, add(P, 12)),
      leaveIf(0, isAtEnd),
      set(START, get(P)),
      search(NOT_IN_HOST),
      when(isAtEnd, set(P, get(END))),
      leaveIf(0, op(Op.i32Eq, get(P), get(START))),
      leaveOffset(VIA_AT, get(P)),
      set(NUMBER, i32(0)),
      block(leaveIf(0, isAtEnd), leaveIf(0, isOther(0x3a)), set(P, add(P, 1)), readPort(1)),
      leaveNumber(ViaWord.port, get(NUMBER)),
      ABSENT.flatMap((index) => leaveNumber(index, i32(-1))),
      leaveNumber(ViaWord.hasMagic, i32(0)),
      loop(when(isAtEnd, result(i32(1))), BRANCH, RPORT, RECEIVED),
    ),
    ...i32(0),
  ],
};
