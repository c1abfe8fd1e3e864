// What a user agent that speaks TLS shows and believes.

/** PEM texts. */
export interface StreamSecurity {
  /** Its certificate and key; without, it only connects. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Whose signatures it believes; without, it believes everybody. */
  readonly ca?: string | undefined;
  /** The server name that it asks for (SNI). */
  readonly serverName?: string | undefined;
  /** Whether those who connect have to show a certificate that `ca` has signed. */
  readonly asksClients?: boolean | undefined;
  readonly maxVersion?: "TLSv1.1" | "TLSv1.2" | "TLSv1.3" | undefined;
}

/** What both sides of TLS are made of. */
export function tlsOptions({ cert, key, ca, maxVersion }: StreamSecurity) {
  return {
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(ca === undefined ? {} : { ca }),
    ...(maxVersion === undefined ? {} : { maxVersion, minVersion: "TLSv1" as const, ciphers: "DEFAULT@SECLEVEL=0" }),
  };
}
