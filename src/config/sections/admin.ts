// Section `admin`: where the admin API listens, and who may do what there.
import { z } from "zod";
import { parseHostPort } from "../values/address.ts";
import { refuse } from "../values/issue.ts";
import { key } from "./keys.ts";

/** What a token's holder may do, each with what stands before it: look; change states and reload; change everything. */
export const ROLES = ["viewer", "operator", "admin"] as const;
/** One of `ROLES`. */
export type Role = (typeof ROLES)[number];

const HINT = "http://127.0.0.1:5080";

const listen = z
  .string()
  .meta({ title: "http://HOST:PORT" })
  .transform((text, sink): { readonly host: string; readonly port: number } => {
    const match = /^http:\/\/([^/]+)\/?$/.exec(text);
    const place = match === null ? null : parseHostPort(match[1] ?? "", 0);
    if (place === null) return refuse(sink, text, `"${text}" is not http://HOST:PORT`, HINT);
    return { host: place.host, port: place.port ?? 5080 };
  });

const token = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9_.@-]{1,64}$/, "a name has letters, digits, _ . @ -")
    .describe("Who holds it; stands in the log of changes."),
  role: z
    .enum(ROLES)
    .describe(
      "What its holder may do: `viewer` looks, `operator` also changes states and reloads, `admin` also adds, changes and removes destinations.",
    ),
  token: key.describe("The secret: 16 characters or more, `$` and a variable in braces, or `{file: PATH}`."),
});

/** Schema of the section; output null: off. Host without brackets; tokens still as references. */
export const admin = z
  .union([
    z.literal(false),
    z.strictObject({
      listen: listen.prefault(HINT).describe("Where the API listens; loopback only in this version."),
      tokens: z
        .array(token)
        .max(256)
        .default([])
        .describe(
          "Who may use the API: `Authorization: Bearer` and the secret. None: every program of this machine may do everything.",
        ),
      persist: z
        .boolean()
        .default(false)
        .describe(
          "Changes over the API are written into this file, comments are kept. `false`: they live until the next reload.",
        ),
      kamailio_rpc: z
        .boolean()
        .default(false)
        .describe("Answer Kamailio's JSON-RPC commands `dispatcher.*` at `POST /RPC`; needs `tokens`."),
      opensips_mi: z
        .boolean()
        .default(false)
        .describe("Answer OpenSIPS's MI commands `dispatcher:*` and `ds_*` at `POST /mi`; needs `tokens`."),
    }),
  ])
  .prefault({})
  .transform((value) => {
    if (value === false) return null;
    const { listen: place, tokens, persist, kamailio_rpc, opensips_mi } = value;
    return { ...place, tokens, persist, kamailioRpc: kamailio_rpc, opensipsMi: opensips_mi };
  })
  .describe("The admin API; `false`: off.");
