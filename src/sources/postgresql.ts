// PostgreSQL.
import pg from "pg";
import type { Cell, Table } from "../config/tables/table.ts";
import { type ReadRequest, selectAll } from "./request.ts";

/** Reads a table; rejects with what the server or the network said. `onOpen` gets how to cut the connection. */
export async function readPostgresql(request: ReadRequest, onOpen: (cut: () => void) => void): Promise<Table> {
  const { host, port, socket, user, password, database, tls, table, timeout } = request;
  const client = new pg.Client({
    host: socket === "" ? host : socket,
    port,
    ...(user === "" ? {} : { user }),
    // Without one the driver would look for files of the user's.
    password,
    database,
    application_name: "fairlead",
    connectionTimeoutMillis: timeout,
    query_timeout: timeout,
    ssl: tls === null ? false : { rejectUnauthorized: true, ...(tls.ca === "" ? {} : { ca: tls.ca }) },
    // Everything as text, whatever its type.
    types: { getTypeParser: () => String },
  });
  client.on("error", () => {});
  const end = () => void client.end().catch(() => {});
  onOpen(end);
  await client.connect();
  const { rows, fields } = await client.query<Cell[]>({ text: selectAll(table, '"'), rowMode: "array" });
  end();
  return { columns: fields.map(({ name }) => name), rows };
}
