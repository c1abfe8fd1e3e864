// Reads a start line as nearly everybody writes it, in WebAssembly: `METHOD uri SIP/2.0` of a known method, or `SIP/2.0 200 phrase`.
// Whatever else it is, start-line.ts reads it.
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
  Op,
  op,
  type Routine,
  result,
  Store,
  set,
  store,
  Type,
} from "./assembler.ts";
import {
  AT,
  byte,
  CHUNK,
  END,
  isOther,
  isOtherWord,
  LOCALS,
  leaveOffset,
  NEXT_LOCAL,
  P,
  PARAMETERS,
  START,
  search,
} from "./byte-search.ts";
import { METHOD_NAMES } from "./method.ts";

/** Where it leaves what it finds, in bytes. */
export const START_AT = 80;
/** The words there: the method or 0 and the status or 0, then offsets. The URI ends where the line does, less `SIP_BYTES`. */
export const StartWord = { method: 0, status: 1, uriStart: 2, lineEnd: 3, words: 4 } as const;
/** ` SIP/2.0` */
export const SIP_BYTES = 8;

const NUMBER: number = NEXT_LOCAL;
const DIGIT: number = NEXT_LOCAL + 1;
const place = (index: number): number => START_AT + index * 4;
const leaveNumber = (index: number, value: Code): Code => store(Store.i32, i32(0), place(index), value);

/** P goes to the CR of the line end. It leaves the block around it if another control comes first, or nothing does. */
const TO_LINE_END: Code = [
  ...search(op(Op.i8x16LtU, get(CHUNK), bytes16(0x0e))),
  ...leaveIf(0, op(Op.i32GtU, add(P, 2), get(END))),
  ...leaveIf(0, op(Op.i32Ne, load(Load.i32From16, get(P)), i32(0x0a0d))),
  ...leaveOffset(place(StartWord.lineEnd), get(P)),
];

/** Notes the method if it is this one, and leaves the block around all of them with P on the space behind it. */
function method(name: string, id: number): Code {
  const text = `${name} `;
  const words = [0, 4].filter((at) => at + 4 <= text.length);
  return block(
    ...[...words, text.length - 4].map((at) => leaveIf(0, isOtherWord(text.slice(at, at + 4), at))),
    leaveNumber(StartWord.method, i32(id)),
    set(P, add(P, name.length)),
    leave(1),
  );
}

const METHODS: Code = METHOD_NAMES.flatMap((name, id) => (id === 0 ? [] : method(name, id)));

const REQUEST: Code = [
  ...block(METHODS, result(i32(0))),
  ...set(START, add(P, 1)),
  ...leaveNumber(StartWord.status, i32(0)),
  ...leaveOffset(place(StartWord.uriStart), get(START)),
  ...TO_LINE_END,
  // At least one byte of a URI, and what ends the line in front of the CR, which stands behind the method in any case.
  ...set(P, op(Op.i32Sub, get(P), i32(SIP_BYTES))),
  ...leaveIf(0, op(Op.i32LeU, get(P), get(START))),
  ...leaveIf(0, isOtherWord(" SIP")),
  ...leaveIf(0, isOtherWord("/2.0", 4)),
  ...result(i32(1)),
];

const STATUS: Code = block(
  leaveIf(0, isOtherWord("SIP/")),
  leaveIf(0, isOtherWord("2.0 ", 4)),
  set(P, add(P, 8)),
  set(NUMBER, i32(0)),
  leaveNumber(StartWord.method, i32(0)),
  ...[0, 1, 2].map((at) => [
    ...set(DIGIT, op(Op.i32Sub, byte(at), i32(0x30))),
    ...leaveIf(0, op(Op.i32GtU, get(DIGIT), i32(9))),
    ...set(NUMBER, op(Op.i32Add, op(Op.i32Mul, get(NUMBER), i32(10)), get(DIGIT))),
  ]),
  leaveIf(0, op(Op.i32GtU, op(Op.i32Sub, get(NUMBER), i32(100)), i32(599))),
  leaveIf(0, isOther(0x20, 3)),
  leaveNumber(StartWord.status, get(NUMBER)),
  set(P, add(P, 4)),
  TO_LINE_END,
  result(i32(1)),
);

/** `readStart(at, end, origin)`: 1 when such a line begins at `at` and ends before `end`; the offsets that it leaves are from `origin`. */
export const readStart: Routine = {
  name: "readStart",
  parameters: PARAMETERS,
  hasResult: true,
  locals: [...LOCALS, Type.i32, Type.i32],
  body: [...set(P, get(AT)), ...STATUS, ...set(P, get(AT)), ...block(REQUEST), ...i32(0)],
};
