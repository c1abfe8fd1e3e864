// MySQL and MariaDB.
import { createConnection } from "mysql2/promise";
import type { Cell, Table } from "../config/tables/table.ts";
import { type ReadRequest, selectAll } from "./request.ts";

/** Reads a table; rejects with what the server or the network said. `onOpen` gets how to cut the connection. */
export async function readMysql(request: ReadRequest, onOpen: (cut: () => void) => void): Promise<Table> {
  const { host, port, socket, user, password, database, tls, table, timeout } = request;
  const connection = await createConnection({
    ...(socket === "" ? { host, port } : { socketPath: socket }),
    ...(user === "" ? {} : { user }),
    password,
    database,
    connectTimeout: timeout,
    charset: "utf8mb4",
    // A server that lies does not get to make code here.
    disableEval: true,
    ...(tls === null
      ? {}
      : { ssl: { rejectUnauthorized: true, verifyIdentity: true, ...(tls.ca === "" ? {} : { ca: tls.ca }) } }),
  });
  onOpen(() => connection.destroy());
  connection.on("error", () => {});
  const [rows, fields] = await connection.query({
    sql: selectAll(table, "`"),
    rowsAsArray: true,
    typeCast: (field) => field.string("utf8"),
  });
  connection.destroy();
  return { columns: fields.map(({ name }) => name), rows: rows as Cell[][] };
}
