// SipHash's rounds as a WebAssembly module, which has the 64-bit words that JavaScript lacks: a third of the time of the same
// in 32-bit halves. The module is spelled out here instruction by instruction (WebAssembly core specification 5.4, 5.5).

/** Where `SipHashModule.words` has what: the state to begin with, the result, and, from then on, the blocks. In bytes. */
export const SipHashAt = { state: 0, result: 32, blocks: 64 } as const;
/** Bytes that its blocks may take. */
export const SIPHASH_CAPACITY: number = 1 << 16;

/** The module, instantiated; its memory is there once, so one hash is computed at a time. */
export interface SipHashModule {
  readonly memory: ArrayBuffer;
  /** SipHash-2-4 of the blocks up to the byte `end`, which the caller has filled up and given their length. */
  hash24(end: number): void;
  /** The same as SipHash-1-3. */
  hash13(end: number): void;
}

/** What there is of the global in the types of this project, which has those of no browser. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

type Exports = Omit<SipHashModule, "memory"> & { readonly memory: { readonly buffer: ArrayBuffer } };

const I32 = 0x7f;
const I64 = 0x7e;
/** Locals: the parameter, the offset of the block at hand, the state, the block. */
const END = 0;
const AT = 1;
const V0 = 2;
const V1 = 3;
const V2 = 4;
const V3 = 5;
const BLOCK = 6;

function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

/** Of a number from 0 to 8191. */
function signed(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, value >>> 7];
}

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const i32 = (value: number): number[] => [0x41, ...signed(value)];
const i64 = (value: number): number[] => [0x42, ...signed(value)];
const load = (offset: number): number[] => [0x29, 3, ...unsigned(offset)];
const store = (offset: number): number[] => [0x37, 3, ...unsigned(offset)];
const ADD = 0x7c;
const XOR = 0x85;
const ROTL = 0x89;
const add = (a: number, b: number): number[] => [...get(a), ...get(b), ADD, ...set(a)];
const xor = (a: number, b: number): number[] => [...get(a), ...get(b), XOR, ...set(a)];
const rotate = (a: number, bits: number): number[] => [...get(a), ...i64(bits), ROTL, ...set(a)];
const ROUND: readonly number[] = [
  ...[...add(V0, V1), ...rotate(V1, 13), ...xor(V1, V0), ...rotate(V0, 32)],
  ...[...add(V2, V3), ...rotate(V3, 16), ...xor(V3, V2)],
  ...[...add(V0, V3), ...rotate(V3, 21), ...xor(V3, V0)],
  ...[...add(V2, V1), ...rotate(V1, 17), ...xor(V1, V2), ...rotate(V2, 32)],
];

function rounds(count: number): number[] {
  return new Array<readonly number[]>(count).fill(ROUND).flat();
}

/** One function: `perBlock` rounds for each block, `atEnd` for the end. */
function hash(perBlock: number, atEnd: number): number[] {
  const code = [
    ...[2, 1, I32, 5, I64],
    ...[V0, V1, V2, V3].flatMap((v, i) => [...i32(0), ...load(SipHashAt.state + i * 8), ...set(v)]),
    ...[...i32(SipHashAt.blocks), ...set(AT)],
    ...[0x03, 0x40], // loop
    ...[...get(AT), ...load(0), ...set(BLOCK), ...xor(V3, BLOCK), ...rounds(perBlock), ...xor(V0, BLOCK)],
    ...[...get(AT), ...i32(8), 0x6a, 0x22, AT, ...get(END), 0x49, 0x0d, 0], // on to the next, if it begins before END
    0x0b,
    ...[...get(V2), ...i64(255), XOR, ...set(V2), ...rounds(atEnd)],
    ...[...i32(0), ...get(V0), ...get(V1), XOR, ...get(V2), XOR, ...get(V3), XOR, ...store(SipHashAt.result)],
    0x0b,
  ];
  return [...unsigned(code.length), ...code];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text, "latin1")];
}

/** Instantiates it; takes about a millisecond. */
export function openSipHashModule(): SipHashModule {
  const bytes = Uint8Array.of(
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, I32, 0]), // one type: an i32 goes in, nothing comes out
    ...section(3, [2, 0, 0]), // two functions of it
    ...section(5, [1, 0, 2]), // one memory of two pages: what stands before the blocks takes more than one
    ...section(7, [3, ...name("memory"), 2, 0, ...name("hash24"), 0, 0, ...name("hash13"), 0, 1]),
    ...section(10, [2, ...hash(2, 4), ...hash(1, 3)]),
  );
  const { memory, hash24, hash13 } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
  return { memory: memory.buffer, hash24, hash13 };
}
