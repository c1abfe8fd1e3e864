// TLS profiles as OpenSSL wants them: made once per state, looked up per handshake.
import { constants, type X509Certificate } from "node:crypto";
import { createSecureContext, getCACertificates, type SecureContext, type SecureContextOptions } from "node:tls";
import type { TlsCertificate, TlsProfile, TlsState } from "../bridge/tls-state.ts";
import { identityFault } from "../net/sip-identity.ts";

/** A profile with its contexts. */
export interface SecureProfile {
  readonly profile: TlsProfile;
  /** For those who connect and ask for no name that we know. */
  readonly options: SecureContextOptions;
  /** For connections that we make; undefined: no destination uses it. */
  readonly towards: SecureContext | undefined;
  /** The context for a server name; undefined: none of ours. */
  named(serverName: string): SecureContext | undefined;
}

/** Who has to be at the other end of a connection that we make. */
export interface Expected {
  readonly profile: TlsProfile;
  readonly context: SecureContext;
  /** Empty: the address itself. */
  readonly host: string;
}

/** A state of TLS with its contexts. */
export class SecureContexts {
  readonly #state: TlsState;
  readonly #profiles: readonly SecureProfile[];

  /** Throws what OpenSSL throws about keys and certificates; main has tried them before. */
  constructor(state: TlsState) {
    this.#state = state;
    const used = new Set(state.identities.map(({ profile }) => profile));
    this.#profiles = state.profiles.map((profile, index) => equip(profile, used.has(index)));
  }

  /** The profile of a listener; undefined: it has none. */
  ofListener(listener: number): SecureProfile | undefined {
    return this.#profiles[this.#state.listeners[listener] ?? -1];
  }

  /**
   * Whom somebody has proved to be with `certificate` under `profile`, by numbers: as whoever is connected to has to under the same profile,
   * with the same authorities and lists as now. Not by address alone (number 0). With a `name`, in lower case, only who has to have that.
   */
  provedBy(profile: TlsProfile, certificate: X509Certificate, name = ""): number[] {
    return this.#state.identities.flatMap(({ profile: index, host }, number) => {
      const own = this.#profiles[index]?.profile;
      if (number === 0 || own === undefined || !isSameTrust(own, profile)) return [];
      if (name !== "" && host.toLowerCase().replace(/\.$/, "") !== name) return [];
      return host !== "" && identityFault(certificate, host) === "" ? [number] : [];
    });
  }

  /** Who a number stands for; undefined: it is not known, so nobody can prove to be that. */
  expected(identity: number): Expected | undefined {
    const found = this.#state.identities[identity];
    const secure = this.#profiles[found?.profile ?? -1];
    if (found === undefined || secure?.towards === undefined) return undefined;
    return { profile: secure.profile, context: secure.towards, host: found.host };
  }
}

function isSameTrust(now: TlsProfile, then: TlsProfile): boolean {
  if (!now.connectionReuse || !now.verify || now.name !== then.name || now.ca !== then.ca) return false;
  return now.crl.join("") === then.crl.join("");
}

/** What a context is made of; `ca` undefined: Node's own, which nobody asks where nobody is to prove anything. */
export function contextOptions(
  { ciphers, crl, minimumVersion }: Pick<TlsProfile, "ciphers" | "crl" | "minimumVersion">,
  certificate: TlsCertificate | undefined,
  ca: string | string[] | undefined,
): SecureContextOptions {
  return {
    minVersion: minimumVersion,
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(ca === undefined ? {} : { ca }),
    ...(ca === undefined || crl.length === 0 ? {} : { crl: [...crl] }),
    ...(ciphers === "" ? {} : { ciphers }),
    ...(certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key }),
    ...(certificate === undefined || certificate.passphrase === "" ? {} : { passphrase: certificate.passphrase }),
  };
}

/** The system's, and where it has none, those that came with Node. */
function systemAuthorities(): string[] {
  const system = getCACertificates("system");
  return system.length > 0 ? system : getCACertificates("bundled");
}

function equip(profile: TlsProfile, isUsedTowards: boolean): SecureProfile {
  const { certificates, ca, clientCertificate, verify } = profile;
  const authorities = ca === "" ? undefined : ca;
  const asked = clientCertificate === "none" ? undefined : authorities;
  const contexts = certificates.map((certificate) => createSecureContext(contextOptions(profile, certificate, asked)));
  const exact = new Map<string, SecureContext>();
  for (const [at, { names }] of certificates.entries()) {
    const context = contexts[at];
    for (const name of names) if (context !== undefined && !exact.has(name)) exact.set(name, context);
  }
  const believed = verify ? (authorities ?? systemAuthorities()) : undefined;
  return {
    profile,
    options: contextOptions(profile, certificates[0], asked),
    towards: isUsedTowards ? createSecureContext(contextOptions(profile, certificates[0], believed)) : undefined,
    named(serverName) {
      const name = serverName.toLowerCase();
      // A wildcard stands for one label.
      return exact.get(name) ?? exact.get(name.replace(/^[^.]*/, "*"));
    },
  };
}
