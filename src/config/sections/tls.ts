// Section `tls`: profiles by name. A listener or a destination of TLS names the one that it uses, else it is the one named default.
import { z } from "zod";
import { refuse } from "../values/issue.ts";
import { isName } from "../values/reference.ts";
import type { KeyReference } from "./keys.ts";

/** What is asked of those who connect. */
export const CLIENT_CERTIFICATES = ["none", "request", "require"] as const;
/** The profile of those that name none. */
export const DEFAULT_PROFILE = "default";

/** Files of a certificate of ours, as written. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
  /** Null: the key is not encrypted. */
  readonly passphrase: KeyReference | null;
}

/** A profile as the file has it. */
export interface TlsProfileFiles {
  readonly name: string;
  readonly certificates: readonly CertificateFiles[];
  /** Empty: whom the system believes. */
  readonly ca: string;
  /** Empty: none. */
  readonly crl: string;
  readonly clientCertificate: (typeof CLIENT_CERTIFICATES)[number];
  readonly connectionReuse: boolean;
  readonly verify: boolean;
  readonly minimumVersion: "1.2" | "1.3";
  /** Empty: Node's own. */
  readonly ciphers: string;
}

const path = z.string().min(1).meta({ title: "path" });

const passphrase = z
  .union([z.string().min(1).meta({ title: "secret" }), z.strictObject({ file: path })])
  .transform((value, sink): KeyReference => {
    if (typeof value !== "string") return { kind: "file", path: value.file };
    const variable = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(value)?.[1];
    if (variable !== undefined) return { kind: "env", variable };
    if (value.includes("${"))
      return refuse(sink, "", "a passphrase mixes text and a variable", `the variable alone: \${NAME}`);
    return { kind: "text", text: value };
  });

const certificate = z
  .strictObject({
    cert: path.describe("PEM file: the certificate, then those between it and the root. Relative to this file."),
    key: path.describe("PEM file: its private key."),
    passphrase: passphrase
      .optional()
      .describe(
        "What the key is encrypted with: a variable in `$` and braces, or `file:`, better than the text itself.",
      ),
  })
  .transform((given): CertificateFiles => ({ ...given, passphrase: given.passphrase ?? null }));

const profile = z
  .strictObject({
    certificates: z
      .array(certificate)
      .max(1_000)
      .default([])
      .describe(
        "Ours. A client that asks for a server name gets the first one with that name, others the first of all; destinations get the first of all.",
      ),
    ca: path.optional().describe("PEM file: whose signatures are believed. Default: those that the system believes."),
    crl: path
      .optional()
      .describe(
        "PEM file: which certificates are revoked, by lists (CRL) of every authority in `ca`. For clients and for destinations.",
      ),
    client_certificate: z
      .enum(CLIENT_CERTIFICATES)
      .default("none")
      .describe(
        "Listeners: `require` closes connections without a certificate that `ca` has signed, `request` only those with another one.",
      ),
    connection_reuse: z
      .boolean()
      .default(false)
      .describe(
        "Whether a connection that a client has made, and asked for that (`alias` in its Via, RFC 5923), carries requests to the destination there whose name its certificate has. With `client_certificate: require` only.",
      ),
    verify: z
      .boolean()
      .default(true)
      .describe(
        "Destinations: whether they must prove their name. `false` protects from nobody who can redirect packets.",
      ),
    minimum_version: z
      .union([z.enum(["1.2", "1.3"]), z.literal(1.2), z.literal(1.3)])
      .default("1.2")
      .describe("The oldest TLS version that is spoken; there is nothing before 1.2."),
    ciphers: z
      .string()
      .min(1)
      .max(2_000)
      .optional()
      .describe("Ciphers, in OpenSSL's words, for those who have to. Default: those of Node."),
  })
  .transform((given) => ({
    certificates: given.certificates,
    ca: given.ca ?? "",
    crl: given.crl ?? "",
    clientCertificate: given.client_certificate,
    connectionReuse: given.connection_reuse,
    verify: given.verify,
    minimumVersion: String(given.minimum_version) as TlsProfileFiles["minimumVersion"],
    ciphers: given.ciphers ?? "",
  }));

/** Schema of the section; files are read by tls-files.ts. */
export const tls = z
  .record(z.string(), profile)
  .prefault({})
  .transform((map, sink): TlsProfileFiles[] => {
    for (const name of Object.keys(map))
      if (!isName(name)) refuse(sink, map, `"${name}" cannot name a TLS profile`, "letters, digits, _ . -", [name]);
    return Object.entries(map).map(([name, value]) => ({ name, ...value }));
  })
  .describe(
    "TLS profiles by name, for listeners (`tls://`) and destinations. One named `default` is for all that name none. Files are read at start and at every reload, and taken over without closing a connection.",
  );
