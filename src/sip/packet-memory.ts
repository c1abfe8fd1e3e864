// The memory that a thread's packets lie in, and what reads them there 64 bytes at a time: a WebAssembly module, because JavaScript
// has no instructions for that. Messages elsewhere (a WebSocket) are read by JavaScript alone; where the processor cannot do it either
// (x86 without SSE4.1), all are.

import { ADDRESS_AT, readAddress } from "./address-reader.ts";
import { assemble, hasVectors } from "./assembler.ts";
import { copy } from "./copier.ts";
import { fillNames, findLines, LINE_WORDS, LINES_AT, LINES_PER_CALL, PACKETS_AT } from "./line-finder.ts";
import { readStart, START_AT, StartWord } from "./start-reader.ts";
import { readValues, VALUES_AT, ValueWord } from "./value-reader.ts";
import { readVia, VIA_AT, ViaWord } from "./via-reader.ts";

/** A search may look that far behind the last packet. */
const BEHIND = 128;
/** 64 KiB each: those of eight inboxes with their outboxes; a worker and its warm-up have five. What nobody writes to costs nothing. */
const PAGES = 800;
const PAGE_BYTES = 65_536;
/**
 * Behind them is what outlives its batch: as much as the store of messages has by default, that of four small ones of a warm-up, and a page
 * into which a search may look.
 */
const STORED_PAGES = 5121;

type FindLines = (at: number, end: number, tables: number, origin: number) => number;
type Copy = (from: number, count: number, to: number) => void;
type ReadValue = (at: number, end: number, origin: number) => number;

interface Functions {
  readonly findLines: FindLines;
  readonly copy: Copy;
  readonly readAddress: ReadValue;
  readonly readVia: ReadValue;
  readonly readStart: ReadValue;
  readonly readValues: ReadValue;
}

const { memory, functions } = open();
fillNames(Buffer.from(memory, 0, PACKETS_AT));
let used = PACKETS_AT;
const PACKETS_END = Math.min(memory.byteLength, PAGES * PAGE_BYTES);
/** The part for what outlives its batch; empty where there is none. */
export const STORED: Buffer = Buffer.from(memory, PACKETS_END);
let stored = 0;

/** What `findHeaderLines` has left to others, `LINE_WORDS` each: header, starts of line and value, end of the value. */
export const LINES: Int32Array = new Int32Array(memory, LINES_AT, LINES_PER_CALL * LINE_WORDS);
/** Where it stopped, and how many headers it found. */
export const FOUND: Int32Array = new Int32Array(memory, 0, 2);

/** `findLines` of line-finder.ts. */
export const findHeaderLines: FindLines = functions.findLines;

/** `copy` of copier.ts. */
export const copyPacket: Copy = functions.copy;

/** `readAddress` of address-reader.ts. */
export const readPacketAddress: ReadValue = functions.readAddress;
/** What `readPacketAddress` leaves: start and end of the URI, start of the tag or -1. */
export const ADDRESS: Int32Array = new Int32Array(memory, ADDRESS_AT, 3);

/** `readVia` of via-reader.ts. */
export const readPacketVia: ReadValue = functions.readVia;
/** What `readPacketVia` leaves (`ViaWord`). */
export const VIA: Int32Array = new Int32Array(memory, VIA_AT, ViaWord.words);

/** `readStart` of start-reader.ts. */
export const readPacketStart: ReadValue = functions.readStart;
/** What `readPacketStart` leaves (`StartWord`). */
export const START: Int32Array = new Int32Array(memory, START_AT, StartWord.words);

/** `readValues` of value-reader.ts. */
export const readPacketValues: ReadValue = functions.readValues;
/** What `readPacketValues` leaves (`ValueWord`). */
export const VALUES: Int32Array = new Int32Array(memory, VALUES_AT, ValueWord.words);

/** Without vectors nothing lies in this memory but what is named above, and nobody calls what would read there. */
function open(): { readonly memory: ArrayBuffer; readonly functions: Functions } {
  if (hasVectors()) {
    const routines = [findLines, copy, readAddress, readVia, readStart, readValues];
    try {
      return assemble<Functions>(PAGES + STORED_PAGES, routines);
    } catch {
      // A system that promises no more than it has (vm.overcommit_memory=2): what is stored lies elsewhere then.
      return assemble<Functions>(PAGES, routines);
    }
  }
  const none = (): number => 0;
  return {
    memory: new ArrayBuffer(PACKETS_AT),
    functions: { findLines: none, copy: none, readAddress: none, readVia: none, readStart: none, readValues: none },
  };
}

/** So many bytes of this memory, for as long as the thread lives; when there are no more, of another. */
export function packetBytes(count: number): Buffer {
  if (used + count + BEHIND > PACKETS_END) return Buffer.from(new ArrayBuffer(count));
  const start = used;
  used = (start + count + 63) & ~63;
  return Buffer.from(memory, start, count);
}

/** So many bytes of `STORED`, for as long as the thread lives; null: there are no more. */
export function storedBytes(count: number): Buffer | null {
  if (stored + count + BEHIND > STORED.length) return null;
  const start = stored;
  stored = (start + count + 63) & ~63;
  return STORED.subarray(start, start + count);
}

/** `packetBytes` as words. */
export function packetWords(count: number): Int32Array {
  const bytes = packetBytes(count * 4);
  return new Int32Array(bytes.buffer, bytes.byteOffset, count);
}

/** Where in this memory `bytes` begin; -1: not there. */
export function placeOf(bytes: Uint8Array | Int32Array): number {
  return bytes.buffer === memory ? bytes.byteOffset : -1;
}
