// What the readers of header values in WebAssembly are made of: comparisons of 16 bytes, and the search for the first byte that ends
// something. All of them have the same locals to begin with.
import {
  add,
  block,
  bytes16,
  type Code,
  get,
  i32,
  isZero,
  Load,
  leaveIf,
  load,
  loop,
  not,
  Op,
  op,
  Store,
  set,
  store,
  Type,
  topBits,
  zerosBelow,
} from "./assembler.ts";

/** Their first parameter: the start of the value. */
export const AT = 0;
/** Their second one: its end. */
export const END = 1;
/** Their third one: from where its offsets count. */
export const ORIGIN = 2;
/** How many these are. */
export const PARAMETERS = 3;
/** The byte at hand. */
export const P = 3;
/** Where something began. */
export const START = 4;
/** What `search` needs. */
const BITS = 5;
/** The 16 bytes that `search` looks at. */
export const CHUNK = 6;
/** Types of the locals up to here. */
export const LOCALS: readonly Type[] = [Type.i32, Type.i32, Type.i64, Type.v128];
/** The number of the next one. */
export const NEXT_LOCAL = 7;

/** Whether P has come to the end of the value. */
export const isAtEnd: Code = op(Op.i32GeU, get(P), get(END));
/** The byte `offset` behind P. */
export const byte = (offset = 0): Code => load(Load.i32From8, get(P), offset);
/** Whether another byte than `code` stands `offset` behind P. */
export const isOther = (code: number, offset = 0): Code => op(Op.i32Ne, byte(offset), i32(code));
/** Whether other than these four letters stand `offset` behind P. */
export const isOtherWord = (text: string, offset = 0): Code =>
  op(Op.i32Ne, load(Load.i32, get(P), offset), i32(Buffer.from(text, "latin1").readInt32LE()));
/** Writes the address as an offset to `to` bytes into the memory. */
export const leaveOffset = (to: number, address: Code): Code =>
  store(Store.i32, i32(0), to, op(Op.i32Sub, address, get(ORIGIN)));

const any = (a: Code, ...others: Code[]): Code => others.reduce((all, each) => op(Op.v128Or, all, each), a);
const is = (code: number): Code => op(Op.i8x16Eq, get(CHUNK), bytes16(code));
/** One of the two bytes that differ in this bit only. */
const isEither = (code: number, bit: number): Code =>
  op(Op.i8x16Eq, op(Op.v128Or, get(CHUNK), bytes16(bit)), bytes16(code | bit));
/** Those of 16 bytes that are one of `count` from `first` on. */
export const isWithin = (bytes: Code, first: number, count: number): Code =>
  op(Op.i8x16LtU, op(Op.i8x16Sub, bytes, bytes16(first)), bytes16(count));

/** What ends a quoted string, or needs a closer look. */
export const QUOTE_OR_BACKSLASH: Code = any(is(0x22), is(0x5c));
/** All that is not of `Class.enclosed`. */
export const NOT_ENCLOSED: Code = any(
  op(Op.i8x16LtU, get(CHUNK), bytes16(0x21)),
  is(0x7f),
  is(0x22),
  isEither(0x3c, 2),
);
/** All that is not of `Class.value`. */
export const NOT_IN_VALUE: Code = any(NOT_ENCLOSED, isEither(0x28, 1), is(0x3b), is(0x2c));
const inHost: Code = any(
  isWithin(op(Op.v128Or, get(CHUNK), bytes16(0x20)), 0x61, 26),
  isWithin(get(CHUNK), 0x30, 10),
  is(0x2d),
  is(0x2e),
  is(0x5f),
);
const notAny = (bytes: Code): Code => op(Op.i8x16Eq, bytes, bytes16(0));
/** All that is not of `Class.host`. */
export const NOT_IN_HOST: Code = notAny(inHost);
/** All that most display names without quotes do not have: the same, and spaces. */
export const NOT_IN_NAME: Code = notAny(any(inHost, is(0x20)));

/** Moves P to the first byte that `found` says; to END or behind it when there is none. */
export function search(found: Code): Code {
  return [
    ...block(
      loop(
        set(CHUNK, load(Load.v128, get(P))),
        set(BITS, topBits(found)),
        leaveIf(1, not(isZero(get(BITS)))),
        set(P, add(P, 16)),
        leaveIf(0, op(Op.i32LtU, get(P), get(END))),
      ),
    ),
    ...set(P, op(Op.i32Add, get(P), zerosBelow(get(BITS)))),
  ];
}
