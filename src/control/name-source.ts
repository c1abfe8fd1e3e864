// Names looked up in DNS, as a configuration says. The resolver's memory lasts as long as its settings do.
import { readFile } from "node:fs/promises";
import type { Config } from "../config/schema.ts";
import { type DnsCounts, newDnsCounts } from "../net/dns/counts.ts";
import { type Locate, locate } from "../net/dns/locate.ts";
import { Resolver, type ResolverContext } from "../net/dns/resolver.ts";
import type { NameSource } from "./names.ts";

/** The outside world of names. */
export interface NameContext extends Omit<ResolverContext, "counts"> {
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
}

/** This machine's clock, chance and files. */
export const SYSTEM_NAMES: NameContext = {
  now: () => performance.now(),
  random: Math.random,
  readFile: (path) => readFile(path, "utf8").catch(() => null),
};

/** A name source that asks name servers. */
export class DnsNames implements NameSource {
  /** What was counted since the start, over all settings. */
  readonly counts: DnsCounts = newDnsCounts();
  readonly #context: NameContext;
  #settings = "";
  #resolver: Resolver | null = null;

  constructor(context: NameContext) {
    this.#context = context;
  }

  get now(): () => number {
    return this.#context.now;
  }

  locate(config: Config): Locate {
    const settings = JSON.stringify(config.dns);
    if (this.#resolver === null || settings !== this.#settings)
      this.#resolver = new Resolver(config.dns, { ...this.#context, counts: this.counts });
    this.#settings = settings;
    const resolver = this.#resolver;
    return (wanted) => locate(resolver, wanted, this.#context.random);
  }
}
