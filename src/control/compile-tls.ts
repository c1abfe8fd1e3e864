// TLS as the stream worker needs it: profiles with what their files hold, and numbers for those who have to prove who they are.
import { hash } from "node:crypto";
import type { TlsProfile, TlsState } from "../bridge/tls-state.ts";
import { MAX_IDENTITIES } from "../bridge/way-back.ts";
import { readRevocations } from "../config/revocations.ts";
import type { Config } from "../config/schema.ts";
import type { DestinationConfig } from "../config/sections/destination.ts";
import type { SetConfig } from "../config/sections/sets.ts";
import { DEFAULT_PROFILE } from "../config/sections/tls.ts";
import type { TlsProfileConfig } from "../config/tls-files.ts";
import { isSecure, Transport } from "../net/transport.ts";

/** For destinations where nothing is configured: the system's authorities, and no certificate of ours. */
const BUILT_IN: TlsProfile = {
  name: DEFAULT_PROFILE,
  certificates: [],
  ca: "",
  crl: [],
  clientCertificate: "none",
  connectionReuse: false,
  verify: true,
  minimumVersion: "TLSv1.2",
  ciphers: "",
};

interface Identity {
  readonly profile: string;
  /** Of what the profile believes: connections made under other rules are not those of this identity. */
  readonly rules: string;
  readonly host: string;
}

/**
 * Numbers of identities, for the life of the process: a profile, whom it believed, and a name. What was proved to one is never taken
 * for another.
 */
export class TlsIdentities {
  readonly #numbers = new Map<string, number>();
  readonly #identities: Identity[] = [];
  readonly #rulesOf = new WeakMap<Config, ReadonlyMap<string, string>>();

  constructor() {
    this.#identities.push({ profile: DEFAULT_PROFILE, rules: "", host: "" });
  }

  /** The number of what a destination has to prove; -1 when there are no more numbers. */
  numberOf(config: Config, set: SetConfig, destination: DestinationConfig): number {
    const profile = destination.tls ?? set.tls ?? DEFAULT_PROFILE;
    const rules = this.#rules(config).get(profile) ?? "";
    const host = destination.serverName ?? destination.host;
    return this.#numberOf({ profile, rules, host });
  }

  /**
   * The number of the same as `config` wants it proved: its profile may believe others now. Where that profile is gone, or there are no
   * more numbers, it stays what it was, and nobody else can prove it any more.
   */
  renewed(config: Config, number: number): number {
    const identity = this.#identities[number];
    const rules = identity && this.#rules(config).get(identity.profile);
    if (identity === undefined || rules === undefined || rules === identity.rules) return number;
    const renewed = this.#numberOf({ ...identity, rules });
    return renewed < 0 ? number : renewed;
  }

  #numberOf({ profile, rules, host }: Identity): number {
    const key = `${profile} ${rules} ${host}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#identities.length;
    if (number >= MAX_IDENTITIES) return -1;
    this.#identities.push({ profile, rules, host });
    this.#numbers.set(key, number);
    return number;
  }

  /** The state for a configuration whose destinations have their numbers. */
  state(config: Config): TlsState {
    const profiles = profilesOf(config);
    const rules = this.#rules(config);
    const indexOf = (name: string) => profiles.findIndex((profile) => profile.name === name);
    return {
      profiles,
      listeners: config.listeners.map(({ transport, tls = DEFAULT_PROFILE }) =>
        isSecure(Transport[transport]) ? indexOf(tls) : -1,
      ),
      identities: this.#identities.map((identity, number) => {
        const isInForce = number === 0 || rules.get(identity.profile) === identity.rules;
        return { profile: isInForce ? indexOf(identity.profile) : -1, host: identity.host };
      }),
    };
  }

  /** What each profile believes, as a short text. */
  #rules(config: Config): ReadonlyMap<string, string> {
    const known = this.#rulesOf.get(config);
    if (known !== undefined) return known;
    const rules = new Map(profilesOf(config).map((profile) => [profile.name, rulesOf(profile)]));
    this.#rulesOf.set(config, rules);
    return rules;
  }
}

function profilesOf({ tls }: Config): TlsProfile[] {
  const profiles = tls.map(compileProfile);
  return profiles.some(({ name }) => name === DEFAULT_PROFILE) ? profiles : [...profiles, BUILT_IN];
}

function compileProfile(config: TlsProfileConfig): TlsProfile {
  const { name, certificates, ca, crl, clientCertificate, connectionReuse, verify, minimumVersion, ciphers } = config;
  return {
    name,
    certificates: certificates.map(({ cert, key, passphrase, names }) => ({
      cert,
      key: key.reveal(),
      passphrase: passphrase?.reveal() ?? "",
      names,
    })),
    ca,
    crl,
    clientCertificate,
    connectionReuse,
    verify,
    minimumVersion: minimumVersion === "1.3" ? "TLSv1.3" : "TLSv1.2",
    ciphers,
  };
}

function rulesOf({ verify, ca, crl }: TlsProfile): string {
  // Not the lists themselves: there is a new one every few hours, and numbers of identities are not used again.
  const revoked = crl.flatMap((text) => readRevocations(text).map((list) => `${list?.issuer} ${list?.revoked}`));
  return verify ? hash("sha256", ca + revoked.join(" "), "hex") : "anybody";
}
