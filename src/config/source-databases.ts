// Sources with their databases: the URL read from where the configuration says, its password wrapped up.
import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { dirname, resolve } from "node:path";
import { errorAt, type Finding, type Path } from "./finding.ts";
import type { ConfigIo } from "./io.ts";
import { PrivateText } from "./private-text.ts";
import { readPrivateText } from "./secrets.ts";
import type { SourceFile } from "./sections/sources.ts";
import { DATABASE_URL_HINT, type DatabaseUrl, parseDatabaseUrl, shownDatabaseUrl } from "./values/database-url.ts";
import { whyUnreadable } from "./why-unreadable.ts";

/** A database to be read. For sqlite `database` is an absolute path. */
export interface DatabaseConfig extends Omit<DatabaseUrl, "password"> {
  /** Null: none. */
  readonly password: PrivateText | null;
  /** Null: not encrypted. `ca`: PEM text of `caFile`; both empty: whom the system believes. */
  readonly tls: { readonly ca: string; readonly caFile: string } | null;
}

/** A source. `cache` is an absolute path, or empty. */
export interface SourceConfig extends Omit<SourceFile, "url" | "password" | "tls"> {
  readonly database: DatabaseConfig;
  /** Where its rows come from, for people and for comparing: `mysql://user@host/database, table dispatcher`. */
  readonly place: string;
}

/** What one source's rows depend on besides the database's content: the same text, the same table. */
export function sourceIdentity({ kind, place, columns, extraAttrs }: SourceConfig): string {
  const text = JSON.stringify([kind, place, columns, extraAttrs]);
  return createHash("sha256").update(text).digest("hex");
}

/** The sources in order, and what kept some from being understood. Relative paths start at the configuration file's folder. */
export function readSources(
  files: readonly SourceFile[],
  file: string,
  io: ConfigIo,
): { sources: SourceConfig[]; findings: Finding[] } {
  const sources: SourceConfig[] = [];
  const findings: Finding[] = [];
  for (const [index, given] of files.entries()) {
    const made = readSource(given, ["sources", index, given.kind], file, io);
    if ("what" in made) {
      findings.push(made);
      continue;
    }
    const other = sources.find(({ cache }) => cache !== "" && cache === made.cache);
    if (other !== undefined) {
      const what = `the sources ${other.name} and ${made.name} have the same cache`;
      findings.push(errorAt(["sources", index, given.kind, "cache"], what, "give each a file of its own"));
    }
    sources.push(made);
  }
  return { sources, findings };
}

function readSource(given: SourceFile, path: Path, file: string, io: ConfigIo): SourceConfig | Finding {
  const { url: urlReference, password: passwordReference, tls, ...rest } = given;
  const text = readPrivateText(urlReference, file, io);
  if (typeof text === "string") return errorAt([...path, "url"], text);
  const url = parseDatabaseUrl(text.reveal());
  if (typeof url === "string") return errorAt([...path, "url"], `${text.origin}: ${url}`, DATABASE_URL_HINT);
  // Its driver has "localhost" proved where there is no name.
  if (tls !== null && url.engine === "mysql" && isIP(url.host) !== 0)
    return errorAt([...path, "url"], "tls needs a host name in the URL", "mysql://USER@NAME/DATABASE, or tls: false");
  const password = passwordReference === null ? null : readPrivateText(passwordReference, file, io);
  if (typeof password === "string") return errorAt([...path, "password"], password);
  const ca = tls === null || tls.ca === "" ? "" : readCa(tls.ca, file, io);
  if (typeof ca !== "string") return errorAt([...path, "tls", "ca"], `file ${tls?.ca} cannot be read: ${ca.why}`);
  const { password: inUrl, ...shown } = url;
  const inFolder = (name: string) => resolve(dirname(file), name);
  const where = url.engine === "sqlite" ? { ...shown, database: inFolder(url.database) } : shown;
  const own = inUrl === "" ? null : new PrivateText(inUrl, text.origin);
  return {
    ...rest,
    cache: rest.cache === "" ? "" : inFolder(rest.cache),
    database: { ...where, password: password ?? own, tls: tls === null ? null : { ca, caFile: tls.ca } },
    place: `${shownDatabaseUrl(where)}, table ${rest.table}`,
  };
}

function readCa(path: string, file: string, io: ConfigIo): string | { readonly why: string } {
  try {
    return io.readFile(resolve(dirname(file), path));
  } catch (error) {
    return { why: whyUnreadable(error) };
  }
}
