// Database servers for tests: the one that the environment names, the one at the usual local address, else (or with
// FAIRLEAD_OWN_DATABASES=1) one that is started from the installed programs for as long as the test file runs.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { promisify } from "node:util";
import { type DatabaseUrl, parseDatabaseUrl } from "../../src/config/values/database-url.ts";
import { canConnect } from "./databases.ts";
import { reservePort } from "./port.ts";
import { until } from "./wait.ts";

/** Servers that are spoken to over the network. */
export type ServerEngine = "mysql" | "postgresql";

const run = promisify(execFile);
const STARTING = 60_000;

const USUAL: Readonly<Record<ServerEngine, string>> = {
  mysql: "mysql://root@127.0.0.1:3306/test",
  postgresql: "postgresql://postgres@127.0.0.1:5432/test",
};
/** Variables with another server's URL; its user must be allowed to create databases. */
const VARIABLES: Readonly<Record<ServerEngine, string>> = {
  mysql: "FAIRLEAD_MYSQL_URL",
  postgresql: "FAIRLEAD_POSTGRESQL_URL",
};

/** A server's URL, or why there is none: the reason that a test gives for being skipped. */
export async function databaseServer(engine: ServerEngine): Promise<DatabaseUrl | { readonly skip: string }> {
  const given = process.env[VARIABLES[engine]];
  const url = parseDatabaseUrl(given ?? USUAL[engine]);
  if (typeof url === "string") throw new Error(`${VARIABLES[engine]}: ${url}`);
  const wantsOwn = process.env.FAIRLEAD_OWN_DATABASES === "1";
  if (given !== undefined || (!wantsOwn && (await canConnect(url)))) return url;
  return engine === "mysql" ? await startMariadb() : await startPostgresql();
}

/** One of its own for the test file, started with `options`. */
export async function startMariadb(options: readonly string[] = []): Promise<DatabaseUrl | { readonly skip: string }> {
  const [server] = ["/usr/sbin/mariadbd", "/usr/sbin/mysqld"].filter(existsSync);
  const [setUp] = ["/usr/bin/mariadb-install-db", "/usr/bin/mysql_install_db"].filter(existsSync);
  if (server === undefined || setUp === undefined) return { skip: "no MariaDB here (apt install mariadb-server)" };
  const folder = await mkdtemp(join(tmpdir(), "fairlead-mariadb-"));
  const user = process.getuid?.() === 0 ? ["--user=root"] : [];
  const data = `--datadir=${folder}/data`;
  await run(setUp, ["--no-defaults", data, "--auth-root-authentication-method=normal", "--skip-test-db", ...user]);
  const { port, release } = await reservePort();
  const place = [`--port=${port}`, "--bind-address=127.0.0.1", `--socket=${folder}/socket`, `--pid-file=${folder}/pid`];
  release();
  const child = spawn(server, ["--no-defaults", data, ...place, ...user, ...options], { stdio: "ignore" });
  return await up({ ...bare("mysql", "root", "mysql"), port }, child, folder);
}

async function startPostgresql(): Promise<DatabaseUrl | { readonly skip: string }> {
  const folderOfPrograms = globSync("/usr/lib/postgresql/*/bin").filter((path) => existsSync(`${path}/initdb`))[0];
  if (folderOfPrograms === undefined) return { skip: "no PostgreSQL here (apt install postgresql)" };
  const folder = await mkdtemp(join(tmpdir(), "fairlead-postgresql-"));
  // It refuses to run as root.
  const isRoot = process.getuid?.() === 0;
  const postgres = isRoot ? await userNamed("postgres") : null;
  if (isRoot && postgres === null)
    return { skip: "no user postgres here to run PostgreSQL as (apt install postgresql)" };
  if (postgres !== null) await chown(folder, postgres.uid, postgres.gid);
  const owner = postgres ?? {};
  await run(
    `${folderOfPrograms}/initdb`,
    ["-D", `${folder}/data`, "-U", "postgres", "-A", "trust", "--no-sync"],
    owner,
  );
  const { port, release } = await reservePort();
  release();
  const options = ["-D", `${folder}/data`, "-p", String(port), "-k", folder, "-h", "127.0.0.1", "-F"];
  const child = spawn(`${folderOfPrograms}/postgres`, options, { stdio: "ignore", ...owner });
  return await up({ ...bare("postgresql", "postgres", "postgres"), port }, child, folder);
}

function bare(engine: ServerEngine, user: string, database: string): DatabaseUrl {
  return { engine, host: "127.0.0.1", port: 0, socket: "", user, password: "", database };
}

async function up(url: DatabaseUrl, child: ChildProcess, folder: string): Promise<DatabaseUrl> {
  after(async () => {
    child.kill("SIGINT");
    await until("the database to end", () => child.exitCode !== null || child.signalCode !== null, 10_000).catch(() =>
      child.kill("SIGKILL"),
    );
    await rm(folder, { recursive: true, force: true });
  });
  await until(`${url.engine} to answer`, () => canConnect(url), STARTING);
  return url;
}

async function userNamed(name: string): Promise<{ uid: number; gid: number } | null> {
  const id = async (flag: string) => Number((await run("id", [flag, name])).stdout);
  try {
    return { uid: await id("-u"), gid: await id("-g") };
  } catch {
    return null;
  }
}
