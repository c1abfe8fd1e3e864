// Memory of the table of sources, which all workers share: what came from one address, whichever worker received it.

/** Words per row: four of the address, then two times as 64-bit floats. */
export const SOURCE_WORDS = 8;
/** Rows that belong to listeners, by index; those of sources are behind them. */
export const LISTENER_ROWS = 64;
/** Rows of sources: 2 MiB. A row is only held while its source is not as fresh as an unknown one (proxy/source-table.ts). */
const SOURCE_ROWS = 65_536;

/** Reserves it; `rows` is a power of two. */
export function createSourceMemory(rows: number = SOURCE_ROWS): SharedArrayBuffer {
  return new SharedArrayBuffer((LISTENER_ROWS + rows) * SOURCE_WORDS * 4);
}
