// The real Chromium without a window, with one page of ours; it can reach nothing but this machine.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CHROMIUM = "/usr/bin/chromium";
const PAGE = readFileSync(new URL("browser-page.html", import.meta.url));
const FLAGS = [
  "--headless --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage --no-first-run --no-default-browser-check",
  "--disable-background-networking --disable-component-update --disable-sync --disable-extensions",
].flatMap((flags) => flags.split(" "));

/** Why there is no such browser on this machine, or false. */
export function whyNoChromium(): string | false {
  return existsSync(CHROMIUM) ? false : `${CHROMIUM} is not installed (apt install chromium)`;
}

/** A running browser with browser-page.html open. */
export class Chromium {
  /** What the page has told, in order. */
  readonly told: string[] = [];
  readonly #server: Server;
  readonly #directory = mkdtempSync(join(tmpdir(), "fairlead-chromium-"));
  #process: ChildProcess | undefined;
  #log = "";

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /** A page that is served, and no browser yet. */
  static async prepare(): Promise<Chromium> {
    const chromium = new Chromium();
    chromium.#server.listen(0, "127.0.0.1");
    await once(chromium.#server, "listening");
    return chromium;
  }

  /** The page's origin. */
  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What the browser said last. */
  get log(): string {
    return this.#log;
  }

  /** Opens the page, which connects to `to`; of all certificates that no authority of the browser has signed, it takes `cert` (PEM). */
  open(to: string, cert: string): void {
    const key = new X509Certificate(cert).publicKey.export({ type: "spki", format: "der" });
    const own = [
      `--user-data-dir=${this.#directory}`,
      `--ignore-certificate-errors-spki-list=${createHash("sha256").update(key).digest("base64")}`,
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ];
    const page = `${this.origin}/?to=${encodeURIComponent(to)}`;
    // A group of its own: it has many processes.
    this.#process = spawn(CHROMIUM, [...FLAGS, ...own, page], { detached: true, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on("data", (data: Buffer) => {
        this.#log = (this.#log + data.toString()).slice(-4000);
      });
    }
  }

  /** Ends it and everything that it has started. */
  async close(): Promise<void> {
    const browser = this.#process;
    if (browser?.pid !== undefined && browser.exitCode === null && browser.signalCode === null) {
      const gone = once(browser, "exit");
      process.kill(-browser.pid, "SIGKILL");
      await gone;
    }
    this.#server.closeAllConnections();
    this.#server.close();
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    if (request.method === "POST") this.told.push(body);
    response.setHeader("content-type", "text/html").end(request.url?.startsWith("/?") ? PAGE : "");
  }
}
