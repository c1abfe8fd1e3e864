// A WebAssembly module spelled out in TypeScript, instruction by instruction (WebAssembly core specification 5.4, 5.5): what runs
// can be read, and nothing has to be built. An expression is the array of its bytes; what takes operands takes them as such arrays.

/** Bytes of instructions. */
export type Code = readonly number[];

/** What there is of the global in the types of this project, which has those of no browser. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly validate: (bytes: Uint8Array) => boolean;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** Types of values. */
export const Type = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;
export type Type = (typeof Type)[keyof typeof Type];

/** Two operands, one result. */
export const Op = {
  i32Eq: [0x46],
  i32Ne: [0x47],
  i32LtU: [0x49],
  i32GtU: [0x4b],
  i32LeU: [0x4d],
  i32GeU: [0x4f],
  i32Add: [0x6a],
  i32Sub: [0x6b],
  i32Mul: [0x6c],
  i32And: [0x71],
  i32Or: [0x72],
  i32ShrU: [0x76],
  i64Add: [0x7c],
  i64Sub: [0x7d],
  i64And: [0x83],
  i64Or: [0x84],
  i64Shl: [0x86],
  i64ShrU: [0x88],
  i64Xor: [0x85],
  i64Rotl: [0x89],
  i8x16Eq: [0xfd, 0x23],
  i8x16LtU: [0xfd, 0x26],
  i8x16Sub: [0xfd, 0x71],
  v128And: [0xfd, 0x4e],
  v128Or: [0xfd, 0x50],
  v128Xor: [0xfd, 0x51],
} as const;

/** Of an instruction that reads memory: its bytes, and the alignment that it may assume, as a power of two. */
export const Load = {
  i32: [0x28, 0],
  i64: [0x29, 3],
  i32From8: [0x2d, 0],
  i32From16: [0x2f, 0],
  v128: [0xfd, 0, 0],
} as const;
/** The same for those that write it. */
export const Store = { i32: [0x36, 2], i64: [0x37, 3], v128: [0xfd, 11, 0] } as const;

/** A local. */
export const get = (local: number): Code => [0x20, local];
/** Sets a local. */
export const set = (local: number, value: Code): Code => [...value, 0x21, local];
/** Sets the local and is its value, too. */
export const tee = (local: number, value: Code): Code => [...value, 0x22, local];
/** A constant. */
export const i32 = (value: number): Code => [0x41, ...signed(value)];
/** A constant. */
export const i64 = (value: number): Code => [0x42, ...signed(value)];
/** Sixteen times the same byte. */
export const bytes16 = (value: number): Code => [0xfd, 12, ...new Array<number>(16).fill(value)];
/** `a` with `b`. */
export const op = (code: Code, a: Code, b: Code): Code => [...a, ...b, ...code];
/** Reads memory, `offset` bytes behind the address. */
export const load = (from: Code, address: Code, offset = 0): Code => [...address, ...from, ...unsigned(offset)];
/** Writes `value` there. */
export const store = (to: Code, address: Code, offset: number, value: Code): Code => [
  ...address,
  ...value,
  ...to,
  ...unsigned(offset),
];
/** An i32 local and a constant. */
export const add = (local: number, value: number): Code => op(Op.i32Add, get(local), i32(value));
/** Of an i32: whether it is 0. */
export const not = (condition: Code): Code => op(Op.i32Eq, condition, i32(0));
/** Of an i64, as an i32: the zeros below its lowest bit. */
export const zerosBelow = (value: Code): Code => [...value, 0x7a, 0xa7];
/** Of an i64, as an i32: how many of its bits are set. */
export const bitsOf = (value: Code): Code => [...value, 0x7b, 0xa7];
/** Of an i64, as an i32: whether it is 0. */
export const isZero = (value: Code): Code => [...value, 0x50];
/** The top bit of each of 16 bytes, as an i64. */
export const topBits = (value: Code): Code => [...value, 0xfd, 0x64, 0xad];
/** Whether any bit of 16 bytes is set. */
export const anyBit = (value: Code): Code => [...value, 0xfd, 0x53];
/** What a `leave` within goes behind. */
export const block = (...body: Code[]): Code => [0x02, 0x40, ...body.flat(), 0x0b];
/** What a `leave` within begins again. */
export const loop = (...body: Code[]): Code => [0x03, 0x40, ...body.flat(), 0x0b];
/** Leaves blocks: the innermost one around it (0), the one around that (1) ... */
export const leave = (depth: number): Code => [0x0c, depth];
/** The same, where the condition, an i32, is not 0. */
export const leaveIf = (depth: number, condition: Code): Code => [...condition, 0x0d, depth];
/** Runs `body` where the condition, an i32, is not 0. */
export const when = (condition: Code, ...body: Code[]): Code => [...condition, 0x04, 0x40, ...body.flat(), 0x0b];

/** Returns from the function. */
export const result = (value: Code): Code => [...value, 0x0f];

/** One function: so many parameters, all i32; its result, if any, is an i32 that `body` leaves behind. */
export interface Routine {
  readonly name: string;
  readonly parameters: number;
  readonly hasResult: boolean;
  /** Types of the locals behind the parameters. */
  readonly locals: readonly Type[];
  readonly body: Code;
}

/** Instantiates a module of these functions, with a memory of its own of so many pages of 64 KiB; takes about a millisecond. */
export function assemble<Functions>(
  pages: number,
  functions: readonly Routine[],
): { readonly memory: ArrayBuffer; readonly functions: Functions } {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleOf(pages, functions)));
  const { memory } = exports as { readonly memory: { readonly buffer: ArrayBuffer } };
  return { memory: memory.buffer, functions: exports as Functions };
}

/** Whether there are instructions for 16 bytes at a time. Without them `assemble` throws at a routine that has one. */
export function hasVectors(): boolean {
  const one: Routine = { name: "one", parameters: 0, hasResult: true, locals: [], body: anyBit(bytes16(1)) };
  return WebAssembly.validate(moduleOf(1, [one]));
}

function moduleOf(pages: number, functions: readonly Routine[]): Uint8Array {
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, functions.map(typeOf)),
    ...section(
      3,
      functions.map((_, i) => [i]),
    ),
    ...section(5, [[1, ...unsigned(pages), ...unsigned(pages)]]), // never more, or all views of it would be lost
    ...section(7, [[...name("memory"), 2, 0], ...functions.map((each, i) => [...name(each.name), 0, i])]),
    ...section(10, functions.map(codeOf)),
  ]);
}

function typeOf({ parameters, hasResult }: Routine): Code {
  return [0x60, parameters, ...new Array<Type>(parameters).fill(Type.i32), ...(hasResult ? [1, Type.i32] : [0])];
}

function codeOf({ locals, body }: Routine): Code {
  const code = [...unsigned(locals.length), ...locals.flatMap((type) => [1, type]), ...body, 0x0b];
  return [...unsigned(code.length), ...code];
}

function section(id: number, entries: readonly Code[]): Code {
  const content = [...unsigned(entries.length), ...entries.flat()];
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): Code {
  return [text.length, ...Buffer.from(text, "latin1")];
}

/** LEB128 (5.2.2). */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const rest = value >> 7;
  const isLast = rest === ((value & 64) === 0 ? 0 : -1);
  return isLast ? [value & 127] : [(value & 127) | 128, ...signed(rest)];
}
