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
  #tags = new Map<string, string>();

  constructor(backend: AdminBackend) {
    this.#backend = backend;
  }

  /** In the words of fairlead.yaml, without secrets. */
  get json(): Json {
    const { generation } = this.#backend.process();
    if (generation !== this.#generation) {
      const all = redact(this.#backend.config());
      this.#json = isObject(all) ? all : {};
      this.#generation = generation;
      this.#tags = new Map();
    }
    return this.#json;
  }

  /** Tag of all of it. */
  get tag(): string {
    return this.#tag("", (json) => json);
  }

  /** Tag of the routes and their order. */
  get routesTag(): string {
    return this.#tag("routes", ({ routes }) => routes);
  }

  /** Tag of all sets with all destinations. */
  get setsTag(): string {
    return this.#tag("sets", ({ sets }) => sets);
  }

  /** Tag of a set with its destinations, as configured. */
  setTag(name: string): string {
    return this.#tag(`set ${name}`, () => this.#set(name));
  }

  /** Tag of a destination: its settings, and what an operator has said about it. */
  destinationTag({ set, configured, name, state }: DestinationView): string {
    const settings = this.#destination(set, configured);
    const word = state === "disabled" || state === "draining" ? state : "";
    return tagOf([settings, name, word]);
  }

  #set(name: string): Json | undefined {
    const { sets } = this.json;
    const set = isObject(sets) && Object.hasOwn(sets, name) ? sets[name] : undefined;
    return isObject(set) ? set : undefined;
  }

  #destination(set: string, name: string): unknown {
    const destinations = this.#set(set)?.destinations;
    return Array.isArray(destinations) ? destinations.find((each) => isObject(each) && each.name === name) : undefined;
  }

  #tag(key: string, part: (json: Json) => unknown): string {
    const { json } = this;
    const tag = this.#tags.get(key) ?? tagOf(part(json));
    this.#tags.set(key, tag);
    return tag;
  }
}
