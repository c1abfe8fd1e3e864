// Section `admin`: where the admin API listens.
import { z } from "zod";
import { parseHostPort } from "../values/address.ts";
import { refuse } from "../values/issue.ts";

/** The admin API. Host without brackets. */
export interface AdminConfig {
  readonly host: string;
  readonly port: number;
}

const HINT = "http://127.0.0.1:5080";

const listen = z
  .string()
  .meta({ title: "http://HOST:PORT" })
  .transform((text, sink): AdminConfig => {
    const match = /^http:\/\/([^/]+)\/?$/.exec(text);
    const place = match === null ? null : parseHostPort(match[1] ?? "", 0);
    if (place === null) return refuse(sink, text, `"${text}" is not http://HOST:PORT`, HINT);
    return { host: place.host, port: place.port ?? 5080 };
  });

/** Schema of the section; output null: off. */
export const admin = z
  .union([
    z.literal(false),
    z.strictObject({ listen: listen.prefault(HINT).describe("Where the API listens; loopback only in this version.") }),
  ])
  .prefault({})
  .transform((value) => (value === false ? null : value.listen))
  .describe("The admin API; `false`: off.");
