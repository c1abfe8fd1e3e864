// Databases of a test's own: made with a random name, dropped when the test has ended.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createConnection } from "mysql2/promise";
import pg from "pg";
import { type DatabaseUrl, shownDatabaseUrl } from "../../src/config/values/database-url.ts";

/** A database that a test made. */
export interface TestDatabase {
  readonly url: DatabaseUrl;
  /** The URL as text, password included; through `port`, where a relay stands before the server. */
  urlText(port?: number): string;
  /** Runs statements, one after the other. */
  run(...statements: readonly string[]): Promise<void>;
  drop(): Promise<void>;
}

/** Whether somebody answers there. */
export async function canConnect(url: DatabaseUrl): Promise<boolean> {
  try {
    await runAt(url, ["SELECT 1"]);
    return true;
  } catch {
    return false;
  }
}

/** A fresh database on a server. */
export async function freshDatabase(server: DatabaseUrl): Promise<TestDatabase> {
  const database = `fairlead_${randomBytes(6).toString("hex")}`;
  await runAt(server, [`CREATE DATABASE ${database}`]);
  const url = { ...server, database };
  return {
    url,
    urlText: (port = url.port) => textOf({ ...url, port }),
    run: (...statements) => runAt(url, statements),
    drop: () => runAt(server, [`DROP DATABASE ${database}${server.engine === "postgresql" ? " WITH (FORCE)" : ""}`]),
  };
}

/** Milliseconds that a statement waits for whoever has locked a file of SQLite: a balancer that reads it. */
const PATIENCE = 10_000;

/** A fresh file of SQLite. */
export async function freshFile(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-sqlite-"));
  const database = join(folder, "test.db");
  const url: DatabaseUrl = { engine: "sqlite", host: "", port: 0, socket: "", user: "", password: "", database };
  return {
    url,
    urlText: () => `sqlite://${database}`,
    async run(...statements) {
      const file = new DatabaseSync(database, { timeout: PATIENCE });
      for (const statement of statements) file.exec(statement);
      file.close();
    },
    drop: () => rm(folder, { recursive: true, force: true }),
  };
}

function textOf(url: DatabaseUrl): string {
  const shown = shownDatabaseUrl(url);
  return url.password === "" ? shown : shown.replace("@", `:${encodeURIComponent(url.password)}@`);
}

async function runAt(url: DatabaseUrl, statements: readonly string[]): Promise<void> {
  const { engine, host, port, user, password, database } = url;
  if (engine === "mysql") {
    const connection = await createConnection({ host, port, user, password, database, connectTimeout: 3_000 });
    for (const statement of statements) await connection.query(statement);
    await connection.end();
    return;
  }
  const client = new pg.Client({ host, port, user, password, database, connectionTimeoutMillis: 3_000 });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}
