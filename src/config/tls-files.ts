// The files of TLS profiles: read, and looked at as closely as OpenSSL will, so that what is in force always works.
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { dirname, resolve } from "node:path";
import { createSecureContext } from "node:tls";
import { serverNamesOf } from "../net/sip-identity.ts";
import { errorAt, type Finding, type Path, warningAt } from "./finding.ts";
import type { ConfigIo } from "./io.ts";
import { PrivateText } from "./private-text.ts";
import { readPrivateText } from "./secrets.ts";
import type { CertificateFiles, TlsProfileFiles } from "./sections/tls.ts";

/** A certificate of ours, read. */
export interface LoadedCertificate {
  /** Their names, as written. */
  readonly files: Omit<CertificateFiles, "passphrase">;
  /** PEM, with its chain. */
  readonly cert: string;
  readonly key: PrivateText;
  /** Null: the key is not encrypted. */
  readonly passphrase: PrivateText | null;
  /** DNS names, for the choice by server name. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** A profile whose files have been read. */
export interface TlsProfileConfig extends Omit<TlsProfileFiles, "certificates" | "ca"> {
  readonly certificates: readonly LoadedCertificate[];
  /** As written; empty: the system's. */
  readonly caFile: string;
  /** PEM; empty: the system's. */
  readonly ca: string;
}

const DAY = 86_400_000;
/** A certificate that ends sooner is worth a warning. */
const SOON = 14 * DAY;

/** Reads them all; `file` is the configuration's, where relative paths begin. */
export function readTls(
  profiles: readonly TlsProfileFiles[],
  file: string,
  io: ConfigIo,
): { profiles: TlsProfileConfig[]; findings: Finding[] } {
  const findings: Finding[] = [];
  const read = new Reader(file, io, findings);
  return { profiles: profiles.map((profile) => readProfile(profile, read)), findings };
}

/** Reads files and collects what is wrong. */
class Reader {
  readonly io: ConfigIo;
  readonly file: string;
  readonly findings: Finding[];

  constructor(file: string, io: ConfigIo, findings: Finding[]) {
    this.file = file;
    this.io = io;
    this.findings = findings;
  }

  /** The text; empty, and a finding, when there is none. */
  text(path: string, at: Path): string {
    try {
      return this.io.readFile(resolve(dirname(this.file), path));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
      this.error(at, `file ${path} cannot be read: ${code}`);
      return "";
    }
  }

  error(at: Path, what: string, hint = ""): void {
    this.findings.push(errorAt(at, what, hint));
  }
}

function readProfile(given: TlsProfileFiles, read: Reader): TlsProfileConfig {
  const base: Path = ["tls", given.name];
  const certificates = given.certificates.flatMap((files, index) => {
    const loaded = readCertificate(files, [...base, "certificates", index], read);
    return loaded === null ? [] : [loaded];
  });
  const ca = given.ca === "" ? "" : readAuthorities(given.ca, [...base, "ca"], read);
  if (given.clientCertificate !== "none" && given.ca === "") {
    const what = `client_certificate: ${given.clientCertificate} without ca would believe everybody whom the system believes`;
    read.error([...base, "client_certificate"], what, "ca: the file of those who sign for your clients");
  }
  if (given.ciphers !== "") checkCiphers(given, [...base, "ciphers"], read);
  return { ...given, certificates, caFile: given.ca, ca };
}

function readCertificate(files: CertificateFiles, at: Path, read: Reader): LoadedCertificate | null {
  const before = read.findings.length;
  const cert = read.text(files.cert, [...at, "cert"]);
  const keyText = read.text(files.key, [...at, "key"]);
  const passphrase = files.passphrase === null ? null : readPrivateText(files.passphrase, read.file, read.io);
  if (typeof passphrase === "string") read.error([...at, "passphrase"], passphrase);
  if (read.findings.length > before || typeof passphrase === "string") return null;
  const certificate = parse(cert);
  if (certificate === null)
    read.error([...at, "cert"], `file ${files.cert} holds no certificate`, "PEM: -----BEGIN CERTIFICATE-----");
  const key = parseKey(keyText, passphrase?.reveal());
  if (typeof key === "string") read.error([...at, "key"], `file ${files.key}: ${key}`);
  if (certificate === null || typeof key === "string") return null;
  if (!certificate.checkPrivateKey(key)) {
    read.error([...at, "key"], `the key in ${files.key} is not that of the certificate in ${files.cert}`);
    return null;
  }
  checkDates(certificate, files.cert, [...at, "cert"], read);
  const fault = contextFault({
    cert,
    key: keyText,
    ...(passphrase === null ? {} : { passphrase: passphrase.reveal() }),
  });
  if (fault !== "") read.error([...at, "cert"], `file ${files.cert}: ${fault}`);
  if (read.findings.some(({ severity }, index) => index >= before && severity === "error")) return null;
  return {
    files: { cert: files.cert, key: files.key },
    cert,
    key: new PrivateText(keyText, `file ${files.key}`),
    passphrase,
    names: serverNamesOf(certificate),
    expires: certificate.validToDate.getTime(),
  };
}

function checkDates(certificate: X509Certificate, file: string, at: Path, read: Reader): void {
  const now = read.io.now();
  const [from, to] = [certificate.validFromDate, certificate.validToDate];
  if (to.getTime() <= now) read.error(at, `the certificate in ${file} expired on ${day(to)}`);
  else if (from.getTime() > now) read.error(at, `the certificate in ${file} is not valid before ${from.toISOString()}`);
  else if (to.getTime() - now < SOON) {
    const left = Math.floor((to.getTime() - now) / DAY);
    read.findings.push(warningAt(at, `the certificate in ${file} expires on ${day(to)}, in ${left} days`));
  }
}

/** A file of one certificate or more; those that have expired are no error, nobody is believed because of them. */
function readAuthorities(path: string, at: Path, read: Reader): string {
  const text = read.text(path, at);
  if (text === "") return "";
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  const broken = blocks.findIndex((block) => parse(block) === null);
  if (blocks.length === 0) read.error(at, `file ${path} holds no certificate`, "PEM: -----BEGIN CERTIFICATE-----");
  else if (broken >= 0) read.error(at, `file ${path}: certificate ${broken + 1} of ${blocks.length} cannot be read`);
  return text;
}

function checkCiphers({ ciphers, minimumVersion }: TlsProfileFiles, at: Path, read: Reader): void {
  const fault = contextFault({ ciphers, minVersion: minimumVersion === "1.3" ? "TLSv1.3" : "TLSv1.2" });
  if (fault !== "") read.error(at, `OpenSSL does not take these ciphers: ${fault}`);
}

function contextFault(options: Parameters<typeof createSecureContext>[0]): string {
  try {
    createSecureContext(options);
    return "";
  } catch (error) {
    return reasonOf(error);
  }
}

function parse(text: string): X509Certificate | null {
  try {
    return new X509Certificate(text);
  } catch {
    return null;
  }
}

function parseKey(key: string, passphrase: string | undefined): KeyObject | string {
  const isEncrypted = /^-----BEGIN ENCRYPTED|^Proc-Type:.*ENCRYPTED/m.test(key);
  if (isEncrypted && passphrase === undefined) return "the key is encrypted and there is no passphrase";
  try {
    return createPrivateKey(passphrase === undefined ? key : { key, passphrase });
  } catch {
    return isEncrypted ? "the passphrase is wrong" : "it holds no private key in PEM";
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "reason" in error && typeof error.reason === "string" ? error.reason : error.message;
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
