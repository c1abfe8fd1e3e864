// The configuration in force as a document: what tags are made from, and what a change has changed.
import { isObject } from "../config/values/object.ts";
import type { AdminBackend, DestinationView } from "./backend.ts";
import { tagOf } from "./etag.ts";
import { redact } from "./redact.ts";

type Json = Readonly<Record<string, unknown>>;

/** The document, made once for each configuration. */
export class ConfigurationDocument {
  readonly #backend: AdminBackend;
  #generation = -1;
  #json: Json = {};
  /** With what tables have of them: who changes a row has seen the row. */
  #sets: Json = {};
  #tags = new Map<string, string>();

  constructor(backend: AdminBackend) {
    this.#backend = backend;
  }

  /** In the words of fairlead.yaml, without secrets. */
  get json(): Json {
    this.#refresh();
    return this.#json;
  }

  /** Tag of all of it. */
  get tag(): string {
    return this.#tag("", () => this.#json);
  }

  /** Tag of the routes and their order. */
  get routesTag(): string {
    return this.#tag("routes", () => this.#json.routes);
  }

  /** Tag of all sets with all destinations. */
  get setsTag(): string {
    return this.#tag("sets", () => this.#sets);
  }

  /** Tag of a set with its destinations: their settings, and whose probes an operator has paused. */
  setTag(name: string): string {
    const settings = this.#tag(`set ${name}`, () => this.#set(name));
    const paused = this.#backend.destinations().filter(({ set, isPaused }) => set === name && isPaused);
    // Servers come and go behind a name.
    return paused.length === 0 ? settings : tagOf([settings, ...new Set(paused.map(({ configured }) => configured))]);
  }

  /** Tag of a destination: its settings, and what an operator has said about it. */
  destinationTag({ set, configured, name, state, isPaused }: DestinationView): string {
    this.#refresh();
    const settings = this.#destination(set, configured);
    const word = state === "disabled" || state === "draining" ? state : "";
    return tagOf([settings, name, word, isPaused]);
  }

  #set(name: string): Json | undefined {
    const set = Object.hasOwn(this.#sets, name) ? this.#sets[name] : undefined;
    return isObject(set) ? set : undefined;
  }

  #destination(set: string, name: string): unknown {
    const destinations = this.#set(set)?.destinations;
    return Array.isArray(destinations) ? destinations.find((each) => isObject(each) && each.name === name) : undefined;
  }

  #tag(key: string, part: () => unknown): string {
    this.#refresh();
    const tag = this.#tags.get(key) ?? tagOf(part());
    this.#tags.set(key, tag);
    return tag;
  }

  #refresh(): void {
    const { generation } = this.#backend.process();
    if (generation === this.#generation) return;
    const all = redact(this.#backend.config());
    this.#json = isObject(all) ? all : {};
    this.#sets = this.#backend.wholeSets();
    this.#generation = generation;
    this.#tags = new Map();
  }
}
