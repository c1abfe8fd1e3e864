// The thread in which databases are read. SQLite blocks, drivers may choke on what a broken server sends, and a table may be
// larger than memory: here that ends this thread, which main replaces, and nothing else.
import { parentPort } from "node:worker_threads";
import type { Table } from "../config/tables/table.ts";
import { MOST_ROWS, type ReadAnswer, type ReadRequest } from "./request.ts";

type Driver = (request: ReadRequest, onOpen: (cut: () => void) => void) => Table | Promise<Table>;

/** A driver is loaded when the first table of its kind is asked for. */
async function driverOf({ engine }: ReadRequest): Promise<Driver> {
  switch (engine) {
    case "mysql":
      return (await import("./mysql.ts")).readMysql;
    case "postgresql":
      return (await import("./postgresql.ts")).readPostgresql;
    case "sqlite":
      return (await import("./sqlite.ts")).readSqlite;
  }
}

async function answer(request: ReadRequest): Promise<ReadAnswer> {
  const { id, timeout } = request;
  // Loading it is our own time, not the database's.
  const read = await driverOf(request);
  let cut = () => {};
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeout / 1000} s`)), timeout);
  });
  const work = (async () =>
    await read(request, (how) => {
      cut = how;
    }))();
  try {
    const table = await Promise.race([work, late]);
    if (table.rows.length > MOST_ROWS) return { id, failure: `more than ${MOST_ROWS} rows` };
    return { id, table };
  } catch (error) {
    work.catch(() => {});
    cut();
    return { id, failure: reasonOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** One printable line; a connection that was tried at several addresses has its reason in its code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const code = "code" in error && typeof error.code === "string" ? error.code : "unknown";
  const text = error.message === "" ? code : error.message;
  return text.replaceAll(/\p{Cc}+/gu, " ").slice(0, 300);
}

parentPort?.on("message", (request: ReadRequest) => {
  void answer(request).then((reply) => parentPort?.postMessage(reply));
});
