// Tables for people: columns as wide as their widest cell, numbers to the right, no frames. One row is one line, so that
// grep and awk work on it too.
import { styleText } from "node:util";

/** How a cell is coloured where colour is wanted. */
export type Tone = "good" | "warning" | "bad" | "dim" | "plain";

/** A cell: text alone, or with a tone. */
export type Cell = string | { readonly text: string; readonly tone: Tone };

/** A column's heading; figures go to the right. */
export interface Column {
  readonly title: string;
  readonly right?: boolean;
}

const COLOURS = { good: "green", warning: "yellow", bad: "red", dim: "dim" } as const;

/** The table as text, one line per row, the headings first. `colour`: whether escape sequences are wanted. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], colour: boolean): string {
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...rows.map((row) => textOf(row[at]).length)));
  const line = (cells: readonly Cell[]) =>
    columns
      .map(({ right = false }, at) => {
        const cell = cells[at] ?? "";
        const text = textOf(cell);
        const width = widths[at] ?? 0;
        const blank = " ".repeat(width - text.length);
        return right ? blank + paint(cell, colour) : paint(cell, colour) + blank;
      })
      .join("  ")
      .trimEnd();
  const titles = columns.map(({ title }): Cell => ({ text: title, tone: "dim" }));
  return `${[titles, ...rows].map(line).join("\n")}\n`;
}

/** Whether a stream wants colour: a terminal, and neither NO_COLOR nor TERM=dumb. */
export function wantsColour(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  const { NO_COLOR: noColour = "", TERM: terminal = "" } = environment;
  return stream.isTTY === true && noColour === "" && terminal !== "dumb";
}

/** `3s`, `12m`, `5h`, `8d`: how long ago that was. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

function textOf(cell: Cell | undefined): string {
  const text = typeof cell === "string" ? cell : (cell?.text ?? "");
  // What others named (reasons, URIs) must not move the cursor of a terminal.
  return text.replaceAll(/\p{Cc}/gu, "?");
}

function paint(cell: Cell, colour: boolean): string {
  const text = textOf(cell);
  if (typeof cell === "string" || cell.tone === "plain" || !colour) return text;
  return styleText(COLOURS[cell.tone], text, { validateStream: false });
}
