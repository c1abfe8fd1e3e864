// The tables of Kamailio and OpenSIPS as their documentation has them, column by column, for the three databases. Written from
// the reference's descriptions; nothing of it is theirs.

/** Databases that tests speak. */
export type Engine = "mysql" | "postgresql" | "sqlite";

interface Column {
  readonly name: string;
  readonly mysql: string;
  readonly postgresql: string;
  readonly sqlite: string;
}

/** A table of the documentation. */
export interface Schema {
  readonly table: string;
  readonly version: number;
  readonly columns: readonly Column[];
}

function column(name: string, mysql: string, postgresql: string, sqlite = postgresql): Column {
  return { name, mysql, postgresql, sqlite };
}

const ID = column(
  "id",
  "INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL",
  "SERIAL PRIMARY KEY NOT NULL",
  "INTEGER PRIMARY KEY NOT NULL",
);
const SETID = column("setid", "INT DEFAULT 0 NOT NULL", "INTEGER DEFAULT 0 NOT NULL");
const DESTINATION = column("destination", "VARCHAR(192) DEFAULT '' NOT NULL", "VARCHAR(192) DEFAULT '' NOT NULL");
const FLAGS = column("flags", "INT DEFAULT 0 NOT NULL", "INTEGER DEFAULT 0 NOT NULL");
const PRIORITY = column("priority", "INT DEFAULT 0 NOT NULL", "INTEGER DEFAULT 0 NOT NULL");
const ATTRS = column("attrs", "VARCHAR(128) DEFAULT '' NOT NULL", "VARCHAR(128) DEFAULT '' NOT NULL");
const DESCRIPTION = column("description", "VARCHAR(64) DEFAULT '' NOT NULL", "VARCHAR(64) DEFAULT '' NOT NULL");

/** Kamailio's dispatcher, versions 1 to 4. */
export const KAMAILIO: readonly Schema[] = [
  [ID, SETID, DESTINATION, DESCRIPTION],
  [ID, SETID, DESTINATION, FLAGS, DESCRIPTION],
  [ID, SETID, DESTINATION, FLAGS, PRIORITY, DESCRIPTION],
  [ID, SETID, DESTINATION, FLAGS, PRIORITY, ATTRS, DESCRIPTION],
].map((columns, at) => ({ table: "dispatcher", version: at + 1, columns }));

/** OpenSIPS's dispatcher, version 9. */
export const OPENSIPS: Schema = {
  table: "dispatcher",
  version: 9,
  columns: [
    ID,
    SETID,
    column("destination", "CHAR(192) DEFAULT '' NOT NULL", "CHAR(192) DEFAULT '' NOT NULL"),
    column("socket", "CHAR(128) DEFAULT NULL", "CHAR(128) DEFAULT NULL"),
    column("state", "INT DEFAULT 0 NOT NULL", "INTEGER DEFAULT 0 NOT NULL"),
    column("probe_mode", "INT(11) UNSIGNED DEFAULT 0 NOT NULL", "INTEGER DEFAULT 0 NOT NULL"),
    column("weight", "CHAR(64) DEFAULT 1 NOT NULL", "CHAR(64) DEFAULT 1 NOT NULL"),
    PRIORITY,
    column("attrs", "CHAR(128) DEFAULT NULL", "CHAR(128) DEFAULT NULL"),
    column("description", "CHAR(64) DEFAULT NULL", "CHAR(64) DEFAULT NULL"),
  ],
};

/** OpenSIPS's load_balancer, version 3. */
export const LOAD_BALANCER: Schema = {
  table: "load_balancer",
  version: 3,
  columns: [
    ID,
    column("group_id", "INT(11) UNSIGNED DEFAULT 0 NOT NULL", "INTEGER DEFAULT 0 NOT NULL"),
    column("dst_uri", "CHAR(128) NOT NULL", "CHAR(128) NOT NULL"),
    column("resources", "CHAR(255) NOT NULL", "CHAR(255) NOT NULL"),
    column("probe_mode", "INT(11) UNSIGNED DEFAULT 0 NOT NULL", "INTEGER DEFAULT 0 NOT NULL"),
    column("attrs", "CHAR(255) DEFAULT NULL", "CHAR(255) DEFAULT NULL"),
    column("description", "CHAR(128) DEFAULT NULL", "CHAR(128) DEFAULT NULL"),
  ],
};

/** The statements that make a table. `table`: its name, where it is not the usual one. */
export function createTable(schema: Schema, engine: Engine, table = schema.table): string {
  return `CREATE TABLE ${table} (${schema.columns.map((one) => `${one.name} ${one[engine]}`).join(", ")})`;
}

/** One INSERT for many rows, given as objects by column. */
export function insertRows(table: string, rows: readonly Readonly<Record<string, string | number | null>>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const values = rows.map((row) => `(${columns.map((name) => literal(row[name] ?? null)).join(", ")})`);
  return `INSERT INTO ${table} (${columns.join(", ")}) VALUES ${values.join(", ")}`;
}

function literal(value: string | number | null): string {
  if (value === null) return "NULL";
  return typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`;
}
