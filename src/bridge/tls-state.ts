// What the stream worker needs to know of TLS: certificates and keys as text, who is believed, and which names destinations must
// show. Made by main, replaced as a whole, live.

/** A certificate of ours with its chain, and its private key: PEM. */
export interface TlsCertificate {
  readonly cert: string;
  readonly key: string;
  /** What the key is encrypted with; empty: it is not. */
  readonly passphrase: string;
  /** DNS names that clients may ask for to get it, lower case; may start with `*.`. */
  readonly names: readonly string[];
}

/** A TLS profile. */
export interface TlsProfile {
  readonly name: string;
  /** The first one is for clients that ask for no name or an unknown one, and is ours towards destinations. */
  readonly certificates: readonly TlsCertificate[];
  /** Whom we believe: certificates, PEM; empty: whom the system believes. */
  readonly ca: string;
  /** Lists of revoked certificates, PEM, one each; none: nobody is looked for. */
  readonly crl: readonly string[];
  /** What is asked of those who connect. */
  readonly clientCertificate: "none" | "request" | "require";
  /** Whether what we send to destinations may go over connections that they made to us (RFC 5923); only where `require`. */
  readonly connectionReuse: boolean;
  /** Whether a destination must prove its name. */
  readonly verify: boolean;
  readonly minimumVersion: "TLSv1.2" | "TLSv1.3";
  /** OpenSSL's words for TLS 1.2; empty: Node's own choice. */
  readonly ciphers: string;
}

/** Whom a destination must prove to be. Its place in `TlsState.identities` is its number: the same for the life of the process. */
export interface TlsIdentity {
  /** Index of the profile; -1: one that is not configured any more. */
  readonly profile: number;
  /** A host name or an address; empty: the address that is connected to. */
  readonly host: string;
}

/** All of it. */
export interface TlsState {
  readonly profiles: readonly TlsProfile[];
  /** Index of the profile by listener, -1: not one of TLS. */
  readonly listeners: readonly number[];
  /** Number 0 is for what is sent by address alone. */
  readonly identities: readonly TlsIdentity[];
}

/** Without a single listener of TLS. */
export const NO_TLS: TlsState = { profiles: [], listeners: [], identities: [] };
