// One row of a table, read by what its columns hold rather than by how they are called.
import type { DestinationData } from "../importers/kamailio-destination.ts";
import type { DestinationUri } from "../values/destination-uri.ts";
import type { EventSocket } from "../values/event-socket.ts";
import type { Cell, RowRemark } from "./table.ts";

/** Where columns stand: what they hold, to their index; what is not there has none. */
export type Columns = ReadonlyMap<string, { readonly index: number; readonly name: string }>;

/** What a row means, whatever the product. */
export interface TableRow {
  readonly key: string;
  /** Id of its set in the table. */
  readonly setId: string;
  /** Without weight, listener and name. */
  readonly data: DestinationData;
  /** Its URI, where it was taken apart already. */
  readonly parsed?: DestinationUri | undefined;
  /** Its own name; empty: the URI. */
  readonly name: string;
  /** -1: it says none. */
  readonly weight: number;
  /** Who tells the weight, instead. */
  readonly weightFrom?: EventSocket | undefined;
  readonly rweight: number;
  /** Where to send from, `udp:10.0.0.1:5060` or a listener's name. */
  readonly socket: string | undefined;
  /** The same for probes alone; absent: it says none. */
  readonly pingSocket?: string | undefined;
}

const WHOLE_NUMBER = /^\s*-?\d{1,15}\s*$/;

/** Reads one row after the other. Whatever is wrong with a cell is said, and makes its row unusable. */
export class RowReader {
  readonly #columns: Columns;
  readonly #remarks: RowRemark[];
  #cells: readonly Cell[] = [];
  /** What finds the row at hand. */
  key = "";
  isUsable = true;

  /** `remarks` are added to. */
  constructor(columns: Columns, remarks: RowRemark[]) {
    this.#columns = columns;
    this.#remarks = remarks;
  }

  /** The next row. */
  reset(key: string, cells: readonly Cell[]): void {
    this.key = key;
    this.#cells = cells;
    this.isUsable = true;
  }

  /** Says something about a column, by what it holds. */
  remark(what: string, reason: string): void {
    this.#say(what, reason, false);
  }

  /** Makes the row unusable. */
  refuse(what: string, reason: string): void {
    this.isUsable = false;
    this.#say(what, reason, true);
  }

  /** Text; `missing` where there is no such column or it is NULL. */
  text(what: string, missing: string): string {
    return this.#cell(what) ?? missing;
  }

  /** Text that must be there. */
  needText(what: string): string {
    const cell = this.#cell(what);
    if (cell !== null && cell.trim() !== "") return cell.trim();
    this.refuse(what, cell === null ? "it is NULL" : "it is empty");
    return "";
  }

  /** A whole number from `least` to `most`; `missing` where there is no such column or it is NULL, unless that is null. */
  number(what: string, missing: number | null, least = -2_147_483_648, most = 2_147_483_647): number {
    const cell = this.#cell(what);
    if (cell === null) {
      if (missing !== null) return missing;
      this.refuse(what, "it is NULL");
      return 0;
    }
    const number = WHOLE_NUMBER.test(cell) ? Number(cell) : Number.NaN;
    if (number >= least && number <= most) return number;
    const shown = JSON.stringify(cell.length > 40 ? `${cell.slice(0, 40)}...` : cell);
    this.refuse(what, Number.isNaN(number) ? `${shown} is not a whole number` : `${shown} is not ${least} to ${most}`);
    return 0;
  }

  #say(what: string, reason: string, isLeftOut: boolean): void {
    this.#remarks.push({ key: this.key, column: this.#columns.get(what)?.name ?? what, reason, isLeftOut });
  }

  #cell(what: string): Cell {
    const column = this.#columns.get(what);
    return column === undefined ? null : (this.#cells[column.index] ?? null);
  }
}
