// The sets of a configuration with the destinations that its sources' tables have.
import { errorAt, type Finding, warningAt } from "../finding.ts";
import type { ListenerConfig } from "../sections/listeners.ts";
import type { SetConfig } from "../sections/sets.ts";
import type { SourceConfig } from "../source-databases.ts";
import { withTable } from "./follow-table.ts";
import { type RowRemark, remarkText, type Tables } from "./table.ts";
import { translateTable } from "./translate.ts";

/** What is filled. */
export interface Unfilled {
  readonly sets: readonly SetConfig[];
  readonly listeners: readonly ListenerConfig[];
  readonly sources: readonly SourceConfig[];
}

/** Remarks about rows that are told one by one. */
const MOST_TOLD = 20;

/** Sets with what their sources' tables have. */
export interface Filled {
  readonly sets: SetConfig[];
  readonly findings: Finding[];
  /** Names of sources whose tables are refused for their rows. */
  readonly refused: readonly string[];
}

/** The sets, and what was found out about tables and rows. A source without a table gives nothing. */
export function filledSets(config: Unfilled, tables: Tables): Filled {
  let sets = [...config.sets];
  const findings: Finding[] = [];
  const refused: string[] = [];
  for (const [index, source] of config.sources.entries()) {
    const table = tables.get(source.name);
    if (table === undefined) continue;
    const path = ["sources", index, source.kind];
    const translated = translateTable(source, table, { sets, listeners: config.listeners });
    if (typeof translated === "string") {
      findings.push(errorAt(path, `${source.name}: ${translated}`));
      continue;
    }
    const { isRefused, lines } = judgedRemarks(source, translated.remarks);
    for (const line of lines) findings.push(isRefused ? errorAt(path, line) : warningAt(path, line));
    if (isRefused) refused.push(source.name);
    else sets = withTable(sets, source, undefined, translated.destinations);
  }
  return { sets, findings, refused };
}

/** Whether the table is refused for its rows, and what is said about them, a bounded number of lines. */
export function judgedRemarks(
  source: SourceConfig,
  remarks: readonly RowRemark[],
): { isRefused: boolean; lines: string[] } {
  const leftOut = remarks.filter((one) => one.isLeftOut);
  const isRefused = source.badRows === "refuse" && leftOut.length > 0;
  const told = isRefused ? leftOut : remarks;
  const lines = told.slice(0, MOST_TOLD).map((one) => `${source.name}, table ${source.table}, ${remarkText(one)}`);
  const more = told.length - lines.length;
  if (more > 0) lines.push(`${source.name}, table ${source.table}: ${more} more remarks about rows`);
  return { isRefused, lines };
}
