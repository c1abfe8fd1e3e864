// The files of TLS profiles: read, and looked at as closely as OpenSSL will, so that what is in force always works.
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { dirname, resolve } from "node:path";
import { createSecureContext } from "node:tls";
import { serverNamesOf } from "../net/sip-identity.ts";
import { errorAt, type Finding, type Path, warningAt } from "./finding.ts";
import type { ConfigIo } from "./io.ts";
import { PrivateText } from "./private-text.ts";
import { type RevocationList, readRevocations, subjectName } from "./revocations.ts";
import { readPrivateText } from "./secrets.ts";
import type { CertificateFiles, TlsProfileFiles } from "./sections/tls.ts";
import { whyUnreadable } from "./why-unreadable.ts";

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
export interface TlsProfileConfig extends Omit<TlsProfileFiles, "certificates" | "ca" | "crl"> {
  readonly certificates: readonly LoadedCertificate[];
  /** As written; empty: the system's. */
  readonly caFile: string;
  /** PEM; empty: the system's. */
  readonly ca: string;
  /** As written; empty: none. */
  readonly crlFile: string;
  /** PEM, each list by itself. */
  readonly crl: readonly string[];
  /** When the first of the lists runs out, in milliseconds since 1970; Infinity: none does. */
  readonly crlExpires: number;
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
      const code = whyUnreadable(error);
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
  const lists = given.crl === "" ? [] : readLists(given, ca, base, read);
  if (given.clientCertificate !== "none" && given.ca === "") {
    const what = `client_certificate: ${given.clientCertificate} without ca would believe everybody whom the system believes`;
    read.error([...base, "client_certificate"], what, "ca: the file of those who sign for your clients");
  }
  if (given.connectionReuse && (given.clientCertificate !== "require" || !given.verify))
    read.error(
      [...base, "connection_reuse"],
      "connection_reuse is for connections whose both ends have proved who they are",
      "client_certificate: require, and verify: true",
    );
  if (given.ciphers !== "") checkCiphers(given, [...base, "ciphers"], read);
  const crl = lists.map(({ pem }) => pem);
  const crlExpires = Math.min(...lists.map(({ next }) => next ?? Number.POSITIVE_INFINITY));
  return { ...given, certificates, caFile: given.ca, ca, crlFile: given.crl, crl, crlExpires };
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
  const blocks = certificatesIn(text);
  const broken = blocks.findIndex((block) => parse(block) === null);
  if (blocks.length === 0) read.error(at, `file ${path} holds no certificate`, "PEM: -----BEGIN CERTIFICATE-----");
  else if (broken >= 0) read.error(at, `file ${path}: certificate ${broken + 1} of ${blocks.length} cannot be read`);
  return text;
}

/** A file of one list or more. With a list that has run out, or an authority without one, OpenSSL believes nobody. */
function readLists(
  { crl: path, ca: caFile }: TlsProfileFiles,
  ca: string,
  base: Path,
  read: Reader,
): readonly RevocationList[] {
  const at: Path = [...base, "crl"];
  if (caFile === "") {
    read.error(
      at,
      "crl without ca: those whom the system believes would all need a list",
      "ca: the file of those who sign",
    );
    return [];
  }
  const text = read.text(path, at);
  if (text === "" || ca === "") return [];
  const lists = readRevocations(text);
  if (lists.length === 0) read.error(at, `file ${path} holds no revocation list`, "PEM: -----BEGIN X509 CRL-----");
  for (const [i, list] of lists.entries()) {
    const which = `file ${path}: revocation list ${i + 1} of ${lists.length}`;
    const now = read.io.now();
    if (list === null || contextFault({ crl: list.pem }) !== "") read.error(at, `${which} cannot be read`);
    else if (list.issued > now) read.error(at, `${which} is not valid before ${new Date(list.issued).toISOString()}`);
    else if (list.next !== null && list.next <= now)
      read.error(at, `${which} ran out on ${new Date(list.next).toISOString()}`, "a new one from the authority");
    else if (list.next !== null && list.next - now < DAY) {
      const what = `${which} runs out on ${new Date(list.next).toISOString()}; from then on nobody is believed`;
      read.findings.push(warningAt(at, what));
    }
  }
  const issuers = new Set(lists.map((list) => list?.issuer));
  for (const block of certificatesIn(ca)) {
    const authority = parse(block);
    if (authority === null || issuers.has(subjectName(authority.raw))) continue;
    const name = authority.subject.replaceAll("\n", ", ");
    const what = `file ${path} has no list of ${name}, so nobody is believed whom that authority of ${caFile} has signed`;
    read.findings.push(warningAt(at, what));
  }
  return lists.filter((list) => list !== null);
}

function checkCiphers({ ciphers, minimumVersion }: TlsProfileFiles, at: Path, read: Reader): void {
  const fault = contextFault({ ciphers, minVersion: minimumVersion === "1.3" ? "TLSv1.3" : "TLSv1.2" });
  if (fault !== "") read.error(at, `OpenSSL does not take these ciphers: ${fault}`);
}

function certificatesIn(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
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
