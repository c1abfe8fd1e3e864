// The configuration's file: read as it is or with another text in its place, and written when changes of the admin API are to stay.

import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { configurationIo } from "./cli/configuration-io.ts";
import type { RunningListener } from "./config/importers/importer.ts";
import type { Loaded } from "./config/load.ts";
import { isOwnText, type ReadOptions, readOwnText } from "./config/open.ts";
import type { Config } from "./config/schema.ts";
import { formatHostPort } from "./config/values/address.ts";
import type { Reading } from "./control/control-plane.ts";
import { loadConfiguration } from "./sources/load.ts";
import type { Sources } from "./sources/sources.ts";

/** A text that waits beside the file to take its place. */
export interface StagedText {
  /** It is the file's now; throws what the file system throws. */
  commit(): void;
  abandon(): void;
}

function runningOf({ transport, host, port, connectOnly }: Config["listeners"][number]): RunningListener {
  return { uri: `${transport}://${formatHostPort(host, port)}`, connectOnly: connectOnly === true };
}

/** The file that a process was started with. */
export class ConfigurationFile {
  readonly #files: readonly string[];
  readonly #options: ReadOptions;
  readonly #sources: Sources;
  /** As of the last time that it was read and came into force. */
  #text = "";
  /** How often it was written to. */
  #revision = 0;

  constructor(files: readonly string[], options: ReadOptions, sources: Sources) {
    this.#files = files;
    this.#options = options;
    this.#sources = sources;
  }

  /** As it was when it was read last; for a file of another product empty: nothing of it can be written back. */
  get text(): string {
    return isOwnText(this.#text, this.#name) ? this.#text : "";
  }

  /** Reads it, and the tables that it names; `inForce` as for `loadConfiguration`. What was read is its text once it is `taken`. */
  async load(inForce: Config | null): Promise<Loaded & Pick<Required<Reading>, "isStale" | "taken">> {
    let text = "";
    const revision = this.#revision;
    const io = {
      ...configurationIo,
      readFile: (path: string) => {
        const content = configurationIo.readFile(path);
        if (path === this.#name) text = content;
        return content;
      },
    };
    const options = inForce === null ? this.#options : { ...this.#options, inForce: inForce.listeners.map(runningOf) };
    const loaded = await loadConfiguration(this.#files, options, io, this.#sources, inForce);
    const taken = () => {
      this.#text = text;
    };
    return { ...loaded, isStale: () => this.#revision !== revision, taken };
  }

  /** Reads `text` as if it stood in the file; its sources have the rows, and its modules the texts, that they have in `inForce`. */
  readText(text: string, inForce: Config): Loaded {
    return readOwnText(text, this.#name, this.#options, configurationIo, inForce);
  }

  /** Why nothing can be written to it; empty: it can be. */
  get whyNotWritable(): string {
    if (this.text === "") return `${this.#name} is a file of another product`;
    try {
      const isSame = readFileSync(this.#name, "utf8") === this.#text;
      return isSame ? "" : `${this.#name} has changed since it was read: reload first`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Writes `text` beside the file that a link leads to, with its permissions; throws what the file system throws. */
  stage(text: string): StagedText {
    const target = realpathSync(this.#name);
    const beside = `${target}.new`;
    const { mode } = statSync(target);
    // One that was left behind goes; what somebody else has put there, a link perhaps, is not written through.
    rmSync(beside, { force: true });
    const descriptor = openSync(beside, "wx", mode & 0o777);
    try {
      // What opening asks for is less what the process's umask takes away.
      fchmodSync(descriptor, mode & 0o777);
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    return {
      commit: () => {
        renameSync(beside, target);
        this.#text = text;
        this.#revision++;
      },
      abandon: () => rmSync(beside, { force: true }),
    };
  }

  get #name(): string {
    return this.#files[0] ?? "";
  }
}
