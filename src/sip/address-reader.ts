// Reads a From, To, Contact or Route value as nearly everybody writes it, in WebAssembly: `"name" <sip:...>;tag=...`, the name (with
// quotes or without) and the tag if there are any. Whatever else it is, name-addr.ts reads it.
import {
  add,
  block,
  type Code,
  get,
  i32,
  leave,
  leaveIf,
  not,
  Op,
  op,
  type Routine,
  result,
  Store,
  set,
  store,
  when,
} from "./assembler.ts";
import {
  AT,
  END,
  isAtEnd,
  isOther,
  isOtherWord,
  LOCALS,
  leaveOffset,
  NOT_ENCLOSED,
  NOT_IN_NAME,
  NOT_IN_VALUE,
  P,
  PARAMETERS,
  QUOTE_OR_BACKSLASH,
  START,
  search,
} from "./byte-search.ts";

/** Where it leaves start and end of the URI and the start of the tag or -1, in bytes. */
export const ADDRESS_AT = 16;

// Leaves the block around it, too, if it is another one. A name without quotes begins with no space: the value would begin behind it.
const NAME: Code = block(
  block(
    leaveIf(0, isOther(0x22)),
    set(P, add(P, 1)),
    search(QUOTE_OR_BACKSLASH),
    leaveIf(2, isAtEnd),
    leaveIf(2, isOther(0x22)),
    set(P, add(P, 1)),
    set(P, op(Op.i32Add, get(P), not(isOther(0x20)))),
    leave(1),
  ),
  leaveIf(0, not(isOther(0x3c))),
  leaveIf(1, not(isOther(0x20))),
  search(NOT_IN_NAME),
);

const SCHEME: Code = [
  ...set(START, add(P, 4)),
  ...when(isOtherWord("sip:"), leaveIf(1, isOtherWord("sips")), leaveIf(1, isOther(0x3a, 4)), set(START, add(P, 5))),
  ...set(P, get(START)),
];

const TAG: Code = [
  ...store(Store.i32, i32(0), ADDRESS_AT + 8, i32(-1)),
  ...when(
    op(Op.i32Ne, get(P), get(END)),
    leaveIf(1, isOtherWord(";tag")),
    leaveIf(1, isOther(0x3d, 4)),
    set(P, add(P, 5)),
    leaveIf(1, isAtEnd),
    leaveOffset(ADDRESS_AT + 8, get(P)),
    search(NOT_IN_VALUE),
    leaveIf(1, not(isAtEnd)),
  ),
];

/** `readAddress(at, end, origin)`: 1 when the value is such a one, all of it; the offsets that it leaves are from `origin`. */
export const readAddress: Routine = {
  name: "readAddress",
  parameters: PARAMETERS,
  hasResult: true,
  locals: LOCALS,
  body: [
    ...set(P, get(AT)),
    ...block(
      NAME,
      leaveIf(0, isAtEnd),
      leaveIf(0, isOther(0x3c)),
      set(P, add(P, 1)),
      leaveOffset(ADDRESS_AT, get(P)),
      SCHEME,
      search(NOT_ENCLOSED),
      leaveIf(0, isAtEnd),
      leaveIf(0, isOther(0x3e)),
      leaveIf(0, op(Op.i32Eq, get(P), get(START))),
      leaveOffset(ADDRESS_AT + 4, get(P)),
      set(P, add(P, 1)),
      TAG,
      result(i32(1)),
    ),
    ...i32(0),
  ],
};
