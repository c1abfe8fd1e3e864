// A source in the words of fairlead.yaml.
import type { SourceConfig } from "./source-databases.ts";
import { shownDatabaseUrl } from "./values/database-url.ts";
import { formatDuration } from "./values/written-duration.ts";

/** As `written` has it: the URL without its password, and where that was read from in its place. `defaults`: as written. */
export function writtenSource<Defaults extends { readonly destinations: unknown }>(
  source: SourceConfig,
  defaults: Defaults,
) {
  const { kind, name, database, table, columns, poll, timeout, required, cache, sets, prefix } = source;
  const { destinations: _, ...settings } = defaults;
  const { tls } = database;
  return {
    [kind]: {
      name,
      url: shownDatabaseUrl(database),
      ...(database.password === null ? {} : { password: database.password.toJSON() }),
      tls: tls === null || tls.caFile === "" ? tls !== null : { ca: tls.caFile },
      table,
      columns: { ...columns },
      extra_attrs: { ...source.extraAttrs },
      poll: poll === 0 ? (false as const) : formatDuration(poll),
      timeout: formatDuration(timeout),
      bad_rows: source.badRows,
      empty_table: source.emptyTable,
      required,
      ...(cache === "" ? {} : { cache }),
      sets: { ...sets },
      partition: prefix.slice(0, -1),
      defaults: settings,
    },
  };
}
