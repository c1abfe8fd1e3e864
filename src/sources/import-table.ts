// A table of a database as the text of fairlead.yaml: its destinations, written down once and for all.
import { problemOf } from "../config/finding.ts";
import { isDialplan, plansOf, readDialplan } from "../config/importers/dialplan.ts";
import { type ImportOptions, NO_PLACES, optionProblem } from "../config/importers/importer.ts";
import { toYaml } from "../config/importers/to-yaml.ts";
import type { ConfigIo } from "../config/io.ts";
import { buildConfig } from "../config/load.ts";
import { hasErrors, type Problem } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import { type DestinationConfig, destinationOf, plainDestination } from "../config/sections/destination.ts";
import type { SourceKind } from "../config/sections/sources.ts";
import { type RowRemark, remarkText, type Table } from "../config/tables/table.ts";
import { writtenDestination } from "../config/written-sets.ts";
import type { TableSource } from "./table-reader.ts";

/** What was made of a table; no text when a problem is an error. */
export interface ImportedTable {
  readonly yaml?: string;
  readonly problems: readonly Problem[];
}

/** What is said about a table. */
const PLACE = "import";
const ASSUMED = "udp://0.0.0.0:5060";

/** Whether an argument names a database rather than a file. */
export function isDatabaseUrl(text: string): boolean {
  return /^(mysql|mariadb|postgres|postgresql|sqlite|sqlite3):/i.test(text);
}

/** Reads the table and writes it down. Whose it is, its columns say; of a dialplan with several, `plan` says which. */
export async function importTable(
  url: string,
  table: string,
  options: ImportOptions,
  io: ConfigIo,
  reader: TableSource,
  plan?: string,
): Promise<ImportedTable> {
  const section = (kind: SourceKind) => ({
    listeners: options.listen.length > 0 ? options.listen : [ASSUMED],
    sources: [{ [kind]: { url, table, defaults: defaultsOf(options) } }],
    routes: [{ set: options.set ?? "1" }],
    admin: false,
  });
  const first = buildConfig(section("kamailio"), PLACE, io, true);
  const problems = first.findings.map((finding) => problemOf(finding, PLACE, NO_PLACES));
  const [source] = first.config?.sources ?? [];
  if (source === undefined) return { problems };
  const read = await reader.read(source);
  if ("failure" in read)
    return { problems: [fault(`${source.place} cannot be read: ${read.failure}`, "the table: --table NAME")] };
  if (isDialplan(read)) return importDialplan(read, source.place, options, plan);
  const kind = kindOf(read);
  // A source without a name is called as its kind is; which set gets the requests is decided when all are known.
  const built = buildConfig({ ...section(kind), routes: [{ drop: true }] }, PLACE, io, true, new Map([[kind, read]]));
  const found = built.findings.map((finding) => problemOf(finding, PLACE, NO_PLACES));
  if (built.config === undefined || hasErrors(found)) return { problems: found };
  const names = built.config.sets.map(({ name }) => name);
  const set = options.set ?? names[0];
  if (set === undefined || !names.includes(set)) {
    const hint = names.length > 0 ? `sets: ${names.join(", ")}` : "";
    return {
      problems: [...found, fault(set === undefined ? "the table has no destination" : `there is no set ${set}`, hint)],
    };
  }
  const sets = Object.fromEntries(built.config.sets.map((one) => [one.name, setData(one, kind, options)]));
  const data = { listeners: section(kind).listeners, sets, routes: [{ set }], admin: adminOf(options) };
  const title = `From ${source.place}, written by fairlead import.`;
  return { yaml: toYaml(data, [], title), problems: found };
}

function importDialplan(table: Table, place: string, options: ImportOptions, plan: string | undefined): ImportedTable {
  const plans = plansOf(table);
  const chosen = plan ?? (plans.length === 1 ? plans[0] : undefined);
  if (chosen === undefined || !plans.includes(chosen))
    return { problems: [fault(`the table has the plans ${plans.join(", ")}`, "--dialplan ID")] };
  const { routes, rows, sets, remarks } = readDialplan(table, chosen, options.set ?? "1");
  const notes = rows.map((row, at) => ({ path: ["routes", at], line: 0, text: row }));
  const data = {
    listeners: options.listen.length > 0 ? options.listen : [ASSUMED],
    sets: Object.fromEntries(sets.map((name) => [name, { destinations: [] }])),
    routes: [...routes, { reject: { status: 404 } }],
    admin: adminOf(options),
  };
  const what = (remark: RowRemark) => optionProblem(PLACE, { severity: "warning", what: remarkText(remark), hint: "" });
  return { yaml: toYaml(data, notes, `From ${place}, written by fairlead import.`), problems: remarks.map(what) };
}

function fault(what: string, hint: string): Problem {
  return optionProblem(PLACE, { severity: "error", what, hint });
}

function adminOf({ admin }: ImportOptions): object | false {
  return admin === undefined ? false : { listen: admin };
}

function defaultsOf({ algorithm, probe }: ImportOptions): Record<string, unknown> {
  const name = algorithm !== undefined && /^\d+$/.test(algorithm) ? `kamailio:${algorithm}` : algorithm;
  return { ...(name === undefined ? {} : { algorithm: name }), probe: probe === undefined ? false : { every: probe } };
}

function kindOf({ columns }: Table): SourceKind {
  if (columns.includes("dst_uri") && columns.includes("resources")) return "load_balancer";
  return columns.includes("probe_mode") && !columns.includes("flags") ? "opensips" : "kamailio";
}

function setData(
  { algorithm, order, destinations }: Config["sets"][number],
  kind: SourceKind,
  options: ImportOptions,
): Record<string, unknown> {
  const { probe } = defaultsOf(options);
  return {
    algorithm,
    ...(kind === "kamailio" ? { order } : {}),
    probe,
    destinations: destinations.map(shortDestination),
  };
}

/** What differs from a destination of which only the URI is known. */
function shortDestination(one: DestinationConfig): unknown {
  const plain = destinationOf(plainDestination(one.uri));
  const usual: Readonly<Record<string, unknown>> = "what" in plain ? {} : writtenDestination(plain);
  // The operator's own file, which would not do without the passwords of event sockets.
  const told = Object.entries(writtenDestination(one, true)).filter(
    ([key, value]) => key === "uri" || JSON.stringify(value) !== JSON.stringify(usual[key]),
  );
  return told.length === 1 ? one.uri : Object.fromEntries(told);
}
