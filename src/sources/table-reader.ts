// Reads tables through a thread of its own, and gets a new thread when that one is beyond help. It never rejects.
import { Worker } from "node:worker_threads";
import type { SourceConfig } from "../config/source-databases.ts";
import { inOrder, type Table } from "../config/tables/table.ts";
import type { ReadAnswer, ReadRequest } from "./request.ts";

/** Milliseconds that the thread has beyond the request's own time, for starting and loading a driver, before it counts as stuck. */
const GRACE = 10_000;
/** Room for the largest table, several times; what is beyond ends the thread. */
const MEGABYTES = 512;

/** The table in order, or why there is none. */
export type ReadResult = Table | { readonly failure: string };

/** Who reads tables. */
export interface TableSource {
  read(source: SourceConfig): Promise<ReadResult>;
}

/** Reads from databases. */
export class TableReader implements TableSource {
  readonly #waiting = new Map<number, (answer: ReadAnswer) => void>();
  #worker: Worker | null = null;
  #lastId = 0;

  read(source: SourceConfig): Promise<ReadResult> {
    const id = ++this.#lastId;
    const { database, table, timeout } = source;
    const request: ReadRequest = {
      ...database,
      id,
      password: database.password?.reveal() ?? "",
      tls: database.tls === null ? null : { ca: database.tls.ca },
      table,
      timeout,
    };
    return new Promise((resolve) => {
      const stuck = setTimeout(() => this.#lose("the reader did not answer"), timeout + GRACE);
      this.#waiting.set(id, (answer) => {
        clearTimeout(stuck);
        this.#waiting.delete(id);
        resolve("table" in answer ? inOrder(answer.table, source.columns.id ?? "id") : { failure: answer.failure });
      });
      this.#running().postMessage(request);
    });
  }

  /** Ends the thread. What is being read fails. */
  stop(): void {
    this.#lose("stopped");
  }

  #running(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(new URL("./reader-thread.ts", import.meta.url), {
      name: "sources",
      resourceLimits: { maxOldGenerationSizeMb: MEGABYTES },
    });
    worker.unref();
    worker.on("message", (answer: ReadAnswer) => this.#waiting.get(answer.id)?.(answer));
    worker.on("error", (error) => {
      if (this.#worker === worker)
        this.#lose(`the reader failed: ${error instanceof Error ? error.message : "unknown"}`);
    });
    worker.on("exit", () => {
      if (this.#worker === worker) this.#lose("the reader ended");
    });
    this.#worker = worker;
    return worker;
  }

  #lose(failure: string): void {
    const worker = this.#worker;
    this.#worker = null;
    void worker?.terminate();
    for (const [id, settle] of [...this.#waiting]) settle({ id, failure });
  }
}
