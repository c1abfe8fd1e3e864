// Section `sources`: tables of databases that hold destinations, in the schemas of Kamailio and OpenSIPS.
import { z } from "zod";
import { DATABASE_URL_HINT, parseDatabaseUrl } from "../values/database-url.ts";
import { duration } from "../values/duration.ts";
import { refuse } from "../values/issue.ts";
import { isName } from "../values/reference.ts";
import type { KeyReference } from "./keys.ts";
import { algorithm, finishSet, type SetConfig, set } from "./sets.ts";

/** Tables that are read: Kamailio's dispatcher, OpenSIPS's dispatcher, OpenSIPS's load_balancer. */
export const SOURCE_KINDS = ["kamailio", "opensips", "load_balancer"] as const;
/** One of `SOURCE_KINDS`. */
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** Columns by what they hold, with the names that they have unless somebody says otherwise. */
export const COLUMNS = {
  kamailio: {
    id: "id",
    setid: "setid",
    destination: "destination",
    flags: "flags",
    priority: "priority",
    attrs: "attrs",
  },
  opensips: {
    id: "id",
    setid: "setid",
    destination: "destination",
    socket: "socket",
    state: "state",
    probe_mode: "probe_mode",
    weight: "weight",
    priority: "priority",
    attrs: "attrs",
    description: "description",
  },
  load_balancer: {
    id: "id",
    group_id: "group_id",
    dst_uri: "dst_uri",
    resources: "resources",
    probe_mode: "probe_mode",
    attrs: "attrs",
    description: "description",
  },
} as const satisfies Readonly<Record<SourceKind, Readonly<Record<string, string>>>>;

/** What is done with a row that makes no destination: Kamailio's ds_load_mode 0 and 1. */
export const BAD_ROWS = ["skip", "refuse"] as const;
/** What an empty table means that had rows before. */
export const EMPTY_TABLE = ["keep", "accept"] as const;

/** A source as the file has it; times in milliseconds. */
export interface SourceFile {
  readonly kind: SourceKind;
  /** Unique; in logs and metrics. */
  readonly name: string;
  readonly url: KeyReference;
  /** Null: the one in the URL, if any. */
  readonly password: KeyReference | null;
  /** Null: not encrypted. `ca`: a PEM file; empty: whom the system believes. */
  readonly tls: { readonly ca: string } | null;
  readonly table: string;
  /** Names of columns by what they hold. */
  readonly columns: Readonly<Record<string, string>>;
  /** Names of more columns, by the attribute that they become. */
  readonly extraAttrs: Readonly<Record<string, string>>;
  /** 0: at start and on command. */
  readonly poll: number;
  readonly timeout: number;
  readonly badRows: (typeof BAD_ROWS)[number];
  readonly emptyTable: (typeof EMPTY_TABLE)[number];
  /** Whether a start without its rows is refused. */
  readonly required: boolean;
  /** Path of the file that keeps the last good rows; empty: none. */
  readonly cache: string;
  /** Our sets by the table's ids; others have the id as name, behind `prefix`. */
  readonly sets: Readonly<Record<string, string>>;
  readonly prefix: string;
  /** Settings of sets that `sets` of the configuration does not have; their names are given later. */
  readonly defaults: SetConfig;
}

const identifier = z.string().regex(/^[A-Za-z_][A-Za-z0-9_$]{0,63}$/, "letters, digits and _ make a name");
const table = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_$]{0,63}(\.[A-Za-z_][A-Za-z0-9_$]{0,63})?$/, "TABLE or SCHEMA.TABLE");
const path = z.string().min(1).meta({ title: "path" });

function reference(hidden: string) {
  return z
    .union([z.string().min(1).meta({ title: hidden }), z.strictObject({ file: path })])
    .transform((value, sink): KeyReference => {
      if (typeof value !== "string") return { kind: "file", path: value.file };
      const variable = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(value)?.[1];
      if (variable !== undefined) return { kind: "env", variable };
      // What was written is not repeated: it may be most of a secret.
      if (value.includes("${")) return refuse(sink, "", "it mixes text and a variable", `the variable alone: \${NAME}`);
      return { kind: "text", text: value };
    });
}

const url = reference("database URL").superRefine((value, context) => {
  const parsed = value.kind === "text" ? parseDatabaseUrl(value.text) : null;
  if (typeof parsed === "string")
    context.addIssue({ code: "custom", message: parsed, params: { hint: DATABASE_URL_HINT } });
});

function columnsOf(known: Readonly<Record<string, string>>) {
  const shape = Object.fromEntries(Object.entries(known).map(([what, usual]) => [what, identifier.default(usual)]));
  return z.strictObject(shape).prefault({}).describe("Names of its columns, by what they hold.");
}

/** The schema of one kind; `kindName` is what people call the table. */
function sourceOf<Kind extends SourceKind>(kind: Kind, usualTable: string) {
  return z.strictObject({
    url: url.describe(
      `The database: \`mysql://USER@HOST/DATABASE\` (MariaDB, too), \`postgresql://\` or \`sqlite:///PATH\`, as in their \`db_url\`; a variable in \`$\` and braces, or \`{file: PATH}\`, where it holds a password.`,
    ),
    password: reference("secret")
      .optional()
      .describe("Its password, where the URL has none: a variable in `$` and braces, `{file: PATH}`, or the text."),
    tls: z
      .union([z.boolean(), z.strictObject({ ca: path.describe("PEM file: whose signatures are believed.") })])
      .default(false)
      .describe(
        "Whether the connection is encrypted and the server proves its name (MariaDB and MySQL: a name in the URL, no address); `ca`: whose signatures count.",
      ),
    name: z
      .string()
      .refine(isName, "letters, digits, _ . -")
      .optional()
      .describe("Its name in logs. Default: its kind."),
    table: table.default(usualTable).describe("The table, or a view with the same columns."),
    columns: columnsOf(COLUMNS[kind]),
    extra_attrs: z
      .record(identifier, identifier)
      .default({})
      .describe("More columns that become attributes, by the attribute's name (Kamailio's `ds_db_extra_attrs`)."),
    poll: z
      .union([z.literal(false), duration(1_000, 86_400_000)])
      .prefault("30s")
      .describe("Time between two looks at the table; `false`: at start and on command (`fairlead reload`)."),
    timeout: duration(100, 60_000).prefault("5s").describe("Longest time that one look may take."),
    bad_rows: z
      .enum(BAD_ROWS)
      .default("skip")
      .describe(
        "A row that makes no destination is left out, or the rows of before stay (Kamailio's `ds_load_mode` 0 and 1).",
      ),
    empty_table: z
      .enum(EMPTY_TABLE)
      .default("keep")
      .describe("A table that had rows and has none now: the rows of before stay, or nothing is left."),
    required: z
      .boolean()
      .default(true)
      .describe("Without the database and without a cache: refuse to start; `false`: start without its destinations."),
    cache: path
      .optional()
      .describe("File that keeps the last good rows for a start without the database. Relative to this file."),
    sets: z
      .record(z.string().regex(/^\d{1,10}$/, "an id of the table"), z.string().refine(isName, "letters, digits, _ . -"))
      .default({})
      .describe("Names of sets by their ids in the table. Default: the id."),
    partition: z
      .string()
      .refine((text) => text === "" || isName(text), "letters, digits, _ . -")
      .default("")
      .describe("OpenSIPS's partition: sets are then named `PARTITION.ID`."),
    defaults: set
      .omit({ destinations: true })
      .extend({ algorithm: algorithm.prefault(kind === "load_balancer" ? "load-balancer" : "round-robin") })
      .prefault({})
      .transform((value, sink): SetConfig => {
        const order = value.order ?? (kind === "kamailio" ? "kamailio" : undefined);
        return finishSet("", { ...value, order, destinations: [] }, (what, hint, at) =>
          refuse(sink, value, what, hint, at),
        );
      })
      .describe("Settings of the sets that the table has and `sets` has not."),
  });
}

const source = z.strictObject({
  kamailio: sourceOf("kamailio", "dispatcher").optional().describe("Kamailio's dispatcher table, versions 1 to 4."),
  opensips: sourceOf("opensips", "dispatcher").optional().describe("OpenSIPS's dispatcher table."),
  load_balancer: sourceOf("load_balancer", "load_balancer").optional().describe("OpenSIPS's load_balancer table."),
});

/** Schema of the section. */
export const sources = z
  .array(source)
  .max(64)
  .default([])
  .transform((list, sink): SourceFile[] => {
    const found: SourceFile[] = [];
    const names = new Set<string>();
    for (const [index, given] of list.entries()) {
      const kinds = SOURCE_KINDS.filter((kind) => given[kind] !== undefined);
      const [kind] = kinds;
      const value = kind === undefined ? undefined : given[kind];
      if (kind === undefined || value === undefined || kinds.length > 1) {
        refuse(sink, list, "a source is one table", `one of ${SOURCE_KINDS.join(", ")}`, [index]);
        continue;
      }
      const name = value.name ?? freeName(kind, names);
      if (names.has(name)) refuse(sink, list, `two sources are named "${name}"`, "", [index, kind, "name"]);
      names.add(name);
      found.push({
        kind,
        name,
        url: value.url,
        password: value.password ?? null,
        tls: value.tls === false ? null : { ca: value.tls === true ? "" : value.tls.ca },
        table: value.table,
        columns: value.columns,
        extraAttrs: value.extra_attrs,
        poll: value.poll === false ? 0 : value.poll,
        timeout: value.timeout,
        badRows: value.bad_rows,
        emptyTable: value.empty_table,
        required: value.required,
        cache: value.cache ?? "",
        sets: value.sets,
        prefix: value.partition === "" ? "" : `${value.partition}.`,
        defaults: value.defaults,
      });
    }
    return found;
  })
  .describe("Tables of a database that hold destinations, in the schemas of Kamailio and OpenSIPS, unchanged.");

function freeName(kind: string, taken: ReadonlySet<string>): string {
  let name = kind;
  for (let number = 2; taken.has(name); number++) name = `${kind}-${number}`;
  return name;
}
