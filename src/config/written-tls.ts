// A TLS profile as one would write it.
import type { z } from "zod";
import type { tls } from "./sections/tls.ts";
import type { TlsProfileConfig } from "./tls-files.ts";

/** The section's entry for a profile. */
export function writtenProfile(profile: TlsProfileConfig): NonNullable<z.input<typeof tls>>[string] {
  return {
    certificates: profile.certificates.map(({ files: { cert, key }, passphrase }) => ({
      cert,
      key,
      ...(passphrase === null ? {} : { passphrase: passphrase.toJSON() }),
    })),
    ...(profile.caFile === "" ? {} : { ca: profile.caFile }),
    ...(profile.crlFile === "" ? {} : { crl: profile.crlFile }),
    client_certificate: profile.clientCertificate,
    ...(profile.connectionReuse ? { connection_reuse: true } : {}),
    verify: profile.verify,
    minimum_version: profile.minimumVersion,
    ...(profile.ciphers === "" ? {} : { ciphers: profile.ciphers }),
  };
}
