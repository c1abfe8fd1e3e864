// How sources are doing, for whoever watches over them.
import type { Config } from "../config/schema.ts";
import type { SourceConfig } from "../config/source-databases.ts";
import type { RowReport, Serving, SourceView } from "../config/tables/source-view.ts";
import { remarkText } from "../config/tables/table.ts";
import { translateTable } from "../config/tables/translate.ts";
import type { SourceState, Sources } from "./sources.ts";

/** All of them. `now`: the clock of `sources`. */
export function sourceViews(config: Config, sources: Sources, now: number): SourceView[] {
  return config.sources.map((source) => {
    const state = sources.stateOf(source);
    const { failure, readAt, due, refused, notKept } = state;
    return {
      name: source.name,
      kind: source.kind,
      place: source.place,
      rows: config.tables.get(source.name)?.rows.length ?? 0,
      serving: servingOf(config, source, state),
      failure,
      refusal: refused?.why ?? "",
      age: readAt < 0 ? -1 : (now - readAt) / 1_000,
      next: Number.isFinite(due) ? Math.max(0, due - now) / 1_000 : -1,
      cacheFailure: notKept,
    };
  });
}

function servingOf(config: Config, source: SourceConfig, { failure, refused, recalled }: SourceState): Serving {
  const table = config.tables.get(source.name);
  if (table === undefined) return "nothing";
  if (table === recalled) return "cache";
  return failure === "" && refused === null ? "table" : "earlier";
}

/** Remarks in one report. */
const MOST_REMARKS = 20;
/** Reading ten thousand rows again for everybody who asks would be felt. */
const reports = new WeakMap<Config, Map<string, RowReport>>();

/** What is to be said about the rows of a source that are in force. */
export function rowReport(config: Config, name: string): RowReport {
  const known = reports.get(config) ?? new Map<string, RowReport>();
  reports.set(config, known);
  const report = known.get(name) ?? reportOf(config, name);
  known.set(name, report);
  return report;
}

function reportOf(config: Config, name: string): RowReport {
  const source = config.sources.find((one) => one.name === name);
  const table = config.tables.get(name);
  const translated = source === undefined || table === undefined ? "" : translateTable(source, table, config);
  if (typeof translated === "string") return { skipped: 0, remarks: [] };
  const leftOut = translated.remarks.filter(({ isLeftOut }) => isLeftOut);
  const others = translated.remarks.filter(({ isLeftOut }) => !isLeftOut);
  const skipped = new Set(leftOut.map(({ key }) => key)).size;
  return { skipped, remarks: [...leftOut, ...others].slice(0, MOST_REMARKS).map(remarkText) };
}
