// A listener that names its certificate itself has a TLS profile of its own, which nobody has to write.
import type { Finding, Path } from "./finding.ts";
import type { Parsed } from "./schema.ts";
import type { TlsProfileFiles } from "./sections/tls.ts";

/** The configuration with these profiles written out, and where each comes from. */
export interface WithProfiles {
  readonly parsed: Parsed;
  /** Index of the listener by name of the profile. */
  readonly listeners: ReadonlyMap<string, number>;
}

/** Gives every listener with a certificate its profile, with a name that is free. */
export function withListenerProfiles(parsed: Parsed): WithProfiles {
  const profiles = [...parsed.tls];
  const owners = new Map<string, number>();
  const listeners = parsed.listeners.map((listener, index) => {
    const { files, ...rest } = listener;
    if (files === undefined) return listener;
    let name = `listener-${index + 1}`;
    while (profiles.some((one) => one.name === name)) name += "-own";
    profiles.push(profileOf(name, files));
    owners.set(name, index);
    return { ...rest, tls: name };
  });
  return { parsed: { ...parsed, listeners, tls: profiles }, listeners: owners };
}

/** A finding about such a profile is one about its listener. */
export function atListener(finding: Finding, listeners: WithProfiles["listeners"]): Finding {
  const [section, name, , , key] = finding.path;
  const index = section === "tls" && typeof name === "string" ? listeners.get(name) : undefined;
  if (index === undefined) return finding;
  const path: Path = ["listeners", index, key === "key" ? "key" : "certificate"];
  return { ...finding, path };
}

function profileOf(name: string, { certificate, key }: { certificate: string; key: string }): TlsProfileFiles {
  return {
    name,
    certificates: [{ cert: certificate, key, passphrase: null }],
    ca: "",
    crl: "",
    clientCertificate: "none",
    connectionReuse: false,
    verify: true,
    minimumVersion: "1.2",
    ciphers: "",
  };
}
