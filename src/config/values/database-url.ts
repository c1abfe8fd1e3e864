// Where a database is, as Kamailio and OpenSIPS write their db_url: `mysql://user:password@host/database`.
import { formatHostPort, parseHostPort } from "./address.ts";

/** Databases that are spoken, with their usual ports; sqlite is a file. */
const PORTS = { mysql: 3306, postgresql: 5432, sqlite: 0 } as const;
/** A database that is spoken. */
export type DatabaseEngine = keyof typeof PORTS;

const ENGINES: Readonly<Record<string, DatabaseEngine>> = {
  mysql: "mysql",
  mariadb: "mysql",
  postgres: "postgresql",
  postgresql: "postgresql",
  sqlite: "sqlite",
  sqlite3: "sqlite",
};

/** A database URL, taken apart. The password is in the open: wrap it before it goes anywhere. */
export interface DatabaseUrl {
  readonly engine: DatabaseEngine;
  /** Without brackets; empty with `socket`, and for sqlite. */
  readonly host: string;
  readonly port: number;
  /** Path of a Unix socket (PostgreSQL: of its folder); empty: by TCP. */
  readonly socket: string;
  readonly user: string;
  readonly password: string;
  /** Name of the database; for sqlite the path of the file, as written. */
  readonly database: string;
}

/** What such a URL looks like, for hints. */
export const DATABASE_URL_HINT =
  "mysql://USER:PASSWORD@HOST/DATABASE, postgresql://USER:PASSWORD@HOST/DATABASE or sqlite:///PATH";

const NO_PLACE = "the part behind the @ is not HOST[:PORT]/DATABASE";

/** The URL taken apart, or what is wrong with it. The password may hold any character; what is wrong never repeats it. */
export function parseDatabaseUrl(text: string): DatabaseUrl | string {
  const [, scheme = "", rest = ""] = /^([A-Za-z0-9+]+):(?:\/\/)?(.*)$/s.exec(text) ?? [];
  const engine = Object.hasOwn(ENGINES, scheme.toLowerCase()) ? ENGINES[scheme.toLowerCase()] : undefined;
  if (engine === undefined) return scheme === "" ? "this is not a database URL" : `"${scheme}" is no known database`;
  if (engine === "sqlite") {
    return rest === ""
      ? "a sqlite URL needs the path of the file"
      : { engine, host: "", port: 0, socket: "", user: "", password: "", database: rest };
  }
  // The last @: passwords are written as they are.
  const at = rest.lastIndexOf("@");
  const login = at < 0 ? "" : rest.slice(0, at);
  const colon = login.indexOf(":");
  const [user, password] = colon < 0 ? [login, ""] : [login.slice(0, colon), login.slice(colon + 1)];
  const match = /^([^/?]*)\/([^/?]+)(?:\?socket=([^&]+))?$/.exec(rest.slice(at + 1));
  if (match === null) return NO_PLACE;
  const [, place = "", database = "", socket = ""] = match;
  const found = socket === "" ? parseHostPort(place) : { host: "", port: undefined };
  // Without a host it is user and password that stand there.
  if (found === null) return NO_PLACE;
  return {
    engine,
    host: found.host,
    port: found.port ?? PORTS[engine],
    socket: decoded(socket),
    user: decoded(user),
    password: decoded(password),
    database: decoded(database),
  };
}

/** The URL without its password, for people. */
export function shownDatabaseUrl({
  engine,
  host,
  port,
  socket,
  user,
  database,
}: Omit<DatabaseUrl, "password">): string {
  if (engine === "sqlite") return `sqlite://${database}`;
  const login = user === "" ? "" : `${user}@`;
  const place = host === "" ? "" : formatHostPort(host, port === PORTS[engine] ? undefined : port);
  return `${engine}://${login}${place}/${database}${socket === "" ? "" : `?socket=${socket}`}`;
}

/** Without percent signs where these stand for characters; a password with a plain % stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
