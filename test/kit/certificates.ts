// Certificates for tests, made when they are needed: openssl writes them, because Node makes no X.509.

import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A certificate with its key: PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate is made of. */
export interface CertificateRequest {
  /** As openssl writes them: `DNS:a.example.com`, `URI:sip:example.com`, `IP:127.0.0.1`. None: no such extension. */
  readonly names?: readonly string[];
  /** Common name; default: none that anybody would expect. */
  readonly commonName?: string;
  /** Days from now on; below 0, it has expired. Default: 30. */
  readonly days?: number;
  /** Days until it begins to be valid; default: it is. */
  readonly begins?: number;
  /** Encrypts the key. */
  readonly passphrase?: string;
}

const DAY = 86_400_000;

/** An authority that signs. */
export class Authority {
  readonly #folder: string;
  /** Its own certificate, PEM. */
  readonly ca: string;
  #made = 0;

  private constructor(folder: string, ca: string) {
    this.#folder = folder;
    this.ca = ca;
  }

  /** Makes one; `close` removes its files. */
  static async make(name = "Authority of the tests"): Promise<Authority> {
    const folder = await mkdtemp(join(tmpdir(), "fairlead-ca-"));
    await newKey(join(folder, "ca.key"));
    await run("openssl", [
      ...["req", "-x509", "-new", "-key", join(folder, "ca.key"), "-subj", `/CN=${name}`, "-days", "30"],
      ...["-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", join(folder, "ca.pem")],
    ]);
    return new Authority(folder, await readFile(join(folder, "ca.pem"), "utf8"));
  }

  /** The file of its own certificate, until `close`. */
  get file(): string {
    return join(this.#folder, "ca.pem");
  }

  /** A certificate signed by it. */
  async issue(request: CertificateRequest = {}): Promise<Certificate> {
    const { names = ["IP:127.0.0.1"], commonName = "nobody in particular", passphrase } = request;
    const base = join(this.#folder, String(++this.#made));
    const [key, csr, cert, extensions] = ["key", "csr", "pem", "ext"].map((end) => `${base}.${end}`) as [
      string,
      string,
      string,
      string,
    ];
    await newKey(key);
    await run("openssl", ["req", "-new", "-key", key, "-subj", `/CN=${commonName}`, "-out", csr]);
    await writeFile(extensions, names.length === 0 ? "" : `subjectAltName=${names.join(",")}\n`);
    const now = Date.now();
    const from = now + (request.begins ?? -1) * DAY;
    const until = request.days !== undefined && request.days < 0 ? now - DAY / 24 : now + (request.days ?? 30) * DAY;
    // `ca` takes dates; `x509 -req` only days from now on in the OpenSSL of today's systems.
    const config = `${base}.cnf`;
    await writeFile(`${base}.index`, "");
    await writeFile(config, configOf(this.#folder, base));
    await run("openssl", [
      ...["ca", "-batch", "-notext", "-config", config, "-in", csr, "-out", cert, "-extfile", extensions],
      ...["-startdate", stamp(Math.min(from, until - DAY)), "-enddate", stamp(until)],
    ]);
    if (passphrase !== undefined) {
      await run("openssl", ["ec", "-in", key, "-aes256", "-passout", `pass:${passphrase}`, "-out", `${key}.locked`]);
      return { cert: await readFile(cert, "utf8"), key: await readFile(`${key}.locked`, "utf8") };
    }
    return { cert: await readFile(cert, "utf8"), key: await readFile(key, "utf8") };
  }

  /** A list of these as revoked, PEM; it runs out after so many days, and has if they are below 0. */
  async revokes(revoked: readonly Certificate[], days = 7): Promise<string> {
    const base = join(this.#folder, String(++this.#made));
    const now = Date.now();
    // The same for all lists of a day.
    const since = new Date(now).setUTCHours(0, 0, 0, 0) - DAY;
    const entries = revoked.map(({ cert }) => {
      const { serialNumber } = new X509Certificate(cert);
      return `R\t${stamp(now + 30 * DAY).slice(2)}\t${stamp(since).slice(2)}\t${serialNumber}\tunknown\t/CN=x\n`;
    });
    await writeFile(`${base}.index`, entries.join(""));
    await writeFile(`${base}.cnf`, configOf(this.#folder, base));
    await run("openssl", [
      ...["ca", "-gencrl", "-config", `${base}.cnf`, "-out", `${base}.crl`],
      ...["-crl_lastupdate", stamp(now - 10 * DAY), "-crl_nextupdate", stamp(now + days * DAY)],
    ]);
    return readFile(`${base}.crl`, "utf8");
  }

  close(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}

function newKey(file: string): Promise<unknown> {
  return run("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file]);
}

function stamp(time: number): string {
  return `${new Date(time).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`;
}

function configOf(folder: string, base: string): string {
  return [
    "[ca]\ndefault_ca=one\n[one]",
    `certificate=${folder}/ca.pem\nprivate_key=${folder}/ca.key\nnew_certs_dir=${folder}`,
    `database=${base}.index\nrand_serial=yes\ndefault_md=sha256\npolicy=any\nunique_subject=no`,
    "[any]\ncommonName=supplied\n",
  ].join("\n");
}
