// The real Kamailio as a peer: started from a configuration of the test's own, asked over loopback, stopped by its id.
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where Debian installs it. */
export const KAMAILIO = "/usr/sbin/kamailio";
const WINDOW = 32;
const PATIENCE_MS = 500;
const TRIES = 12;

/** Its arguments for `kamailio.cfg` in a directory that is its own: 32 MiB of shared memory, in the foreground. */
export function flagsOf(directory: string): string[] {
  return ["-DD", "-f", join(directory, "kamailio.cfg"), "-m", "32", "-M", "8", "-w", directory, "-Y", directory];
}

/** Why the peer cannot be asked on this machine, or false. */
export function whyNoKamailio(): string | false {
  return existsSync(KAMAILIO) ? false : `${KAMAILIO} is not installed (apt install kamailio)`;
}

/** A running Kamailio that answers every request itself. */
export class Kamailio {
  readonly #port: number;
  readonly #directory: string;
  readonly #process: ChildProcess;
  readonly #socket: Socket;
  #log = "";

  /** Starts it on 127.0.0.1:`port`, with `script` for a configuration behind `listen`, and `list` as dispatcher.list. */
  static async start(port: number, localPort: number, list: string, script: string): Promise<Kamailio> {
    const socket = createSocket("udp4");
    socket.bind(localPort, "127.0.0.1");
    await once(socket, "listening");
    return new Kamailio(port, socket, list, `disable_tcp=yes\nlisten=udp:127.0.0.1:${port}\n${script}`);
  }

  private constructor(port: number, socket: Socket, list: string, script: string) {
    const directory = mkdtempSync(join(tmpdir(), "fairlead-kamailio-"));
    this.#port = port;
    this.#directory = directory;
    this.#socket = socket;
    writeFileSync(join(directory, "dispatcher.list"), list);
    const head = "debug=0\nlog_stderror=yes\nfork=no\nchildren=1\n";
    writeFileSync(join(directory, "kamailio.cfg"), head + script.replaceAll("@DIRECTORY@", directory));
    this.#process = spawn(KAMAILIO, flagsOf(directory), { stdio: ["ignore", "pipe", "pipe"] });
    const note = (data: Buffer) => {
      this.#log = (this.#log + data.toString("latin1")).slice(-4000);
    };
    this.#process.stdout?.on("data", note);
    this.#process.stderr?.on("data", note);
  }

  /**
   * Sends the requests, a few at a time, again when unanswered, and returns the answers in the same order. Each request must
   * carry `branch=z9hG4bK` + its index + `;` in its Via.
   */
  async ask(requests: readonly Buffer[]): Promise<string[]> {
    const answers = new Array<string>(requests.length).fill("");
    const waiting = new Map<number, { tries: number; at: number }>();
    let next = 0;
    let left = requests.length;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const send = (index: number) => {
      const tries = (waiting.get(index)?.tries ?? 0) + 1;
      if (tries > TRIES) reject(new Error(`no answer to:\n${requests[index]}\n${this.#log}`));
      waiting.set(index, { tries, at: Date.now() });
      this.#socket.send(requests[index]!, this.#port, "127.0.0.1");
    };
    const fill = () => {
      while (waiting.size < WINDOW && next < requests.length) send(next++);
    };
    const receive = (data: Buffer) => {
      const text = data.toString("latin1");
      const index = Number(/branch=z9hG4bK(\d+);/.exec(text)?.[1] ?? -1);
      if (!waiting.delete(index)) return;
      answers[index] = text;
      if (--left === 0) resolve();
      else fill();
    };
    const timer = setInterval(() => {
      if (this.#process.exitCode !== null) reject(new Error(`Kamailio is gone:\n${this.#log}`));
      for (const [index, { at }] of waiting) if (Date.now() - at >= PATIENCE_MS) send(index);
    }, PATIENCE_MS / 4);
    this.#socket.on("message", receive);
    fill();
    try {
      await promise;
    } finally {
      clearInterval(timer);
      this.#socket.off("message", receive);
    }
    return answers;
  }

  /**
   * Sends one request, once, because what it changes must not change twice; returns the answer that contains `mark`, whatever comes
   * late for older ones. It must be known to run: `ask` it something first.
   */
  async askOnce(request: Buffer, mark: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const receive = (data: Buffer) => {
      const text = data.toString("latin1");
      if (text.includes(mark)) resolve(text);
    };
    const timer = setTimeout(
      () => reject(new Error(`no answer to:\n${request}\n${this.#log}`)),
      PATIENCE_MS * TRIES * 2,
    );
    this.#socket.on("message", receive);
    this.#socket.send(request, this.#port, "127.0.0.1");
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#socket.off("message", receive);
    }
  }

  async stop(): Promise<void> {
    this.#socket.close();
    if (this.#process.exitCode === null) {
      this.#process.kill("SIGTERM");
      await once(this.#process, "exit");
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** All values of a header in an answer. */
export function headerValues(answer: string, name: string): string[] {
  return answer
    .split("\r\n")
    .filter((line) => line.startsWith(`${name}: `))
    .map((line) => line.slice(name.length + 2));
}
