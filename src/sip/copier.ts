// Copies within the packets' memory, 16 bytes at a time. The runtime's own copy costs three times as much for what a message is
// usually copied in: a few hundred bytes.
import {
  add,
  type Code,
  get,
  i32,
  Load,
  leaveIf,
  load,
  loop,
  Op,
  op,
  type Routine,
  Store,
  set,
  store,
} from "./assembler.ts";

/** Fewer bytes than this cannot be copied so. */
export const LEAST_COPY = 16;

/** Locals. */
const FROM = 0;
const COUNT = 1;
const TO = 2;

const subtract = (local: number, value: number): Code => op(Op.i32Sub, get(local), i32(value));
const at = (local: number): Code => op(Op.i32Add, get(local), subtract(COUNT, LEAST_COPY));

/** `copy(from, count, to)`: at least `LEAST_COPY` bytes, which must not overlap. */
export const copy: Routine = {
  name: "copy",
  parameters: 3,
  hasResult: false,
  locals: [],
  body: [
    // The last 16 first: they may overlap those before them.
    ...store(Store.v128, at(TO), 0, load(Load.v128, at(FROM))),
    ...loop(
      store(Store.v128, get(TO), 0, load(Load.v128, get(FROM))),
      set(FROM, add(FROM, 16)),
      set(TO, add(TO, 16)),
      set(COUNT, subtract(COUNT, 16)),
      leaveIf(0, op(Op.i32GtU, get(COUNT), i32(15))),
    ),
  ],
};
