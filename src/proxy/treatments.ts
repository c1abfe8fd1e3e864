// Treatments of routes by number, for the life of a worker. A transaction keeps the number of the one that it began with; a
// number is given to another treatment only when no transaction and no route has it any more.
import type { DispatchAction, RouteEntry, Treatment } from "../bridge/route-entry.ts";
import { type HeaderChanges, spellOutChanges } from "./header-changes.ts";
import { spellOutTranslation, type WorkerTranslation } from "./translations.ts";
import { type Policy, policyOf, spellOutAnswer, type UnavailableAnswer } from "./worker-set.ts";

/** A treatment in the form that the packet path asks for. */
export interface WorkerTreatment {
  /** Null: that of the transaction's set. */
  readonly policy: Policy | null;
  readonly rewritesHost: boolean;
  readonly translations: readonly WorkerTranslation[];
  readonly headers: HeaderChanges | null;
}

/** What transactions without a treatment have. */
const NONE: WorkerTreatment = { policy: null, rewritesHost: false, translations: [], headers: null };

/** The treatments of one worker; number 0 is none. */
export class Treatments {
  readonly #entries: WorkerTreatment[] = [NONE];
  /** Of each number; empty: it is free. */
  readonly #identities: string[] = [""];
  readonly #uses: number[] = [0];
  #numbers: Map<Treatment, number> = new Map();
  #answers: Map<DispatchAction, UnavailableAnswer> = new Map();

  /** Takes over the routes of a snapshot, between two messages. */
  adopt(routes: readonly RouteEntry[]): void {
    const numbers = new Map<Treatment, number>();
    const answers = new Map<DispatchAction, UnavailableAnswer>();
    const kept = new Set<string>();
    const wanted: Treatment[] = [];
    for (const { action } of routes) {
      if (action.kind !== "dispatch") continue;
      if (action.noDestination !== null) answers.set(action, spellOutAnswer(action.noDestination));
      if (action.treatment === null) continue;
      kept.add(action.treatment.identity);
      wanted.push(action.treatment);
    }
    for (let number = 1; number < this.#identities.length; number++)
      if (this.#uses[number] === 0 && !kept.has(this.#identities[number]!)) this.#identities[number] = "";
    for (const treatment of wanted) numbers.set(treatment, this.#enter(treatment));
    this.#numbers = numbers;
    this.#answers = answers;
  }

  #enter(treatment: Treatment): number {
    const known = this.#identities.indexOf(treatment.identity);
    if (known > 0) return known;
    const free = this.#identities.indexOf("", 1);
    const number = free > 0 ? free : this.#identities.length;
    this.#identities[number] = treatment.identity;
    this.#uses[number] = 0;
    this.#entries[number] = {
      policy: treatment.failover === null ? null : policyOf(treatment.failover),
      rewritesHost: treatment.rewritesHost,
      translations: treatment.translations.map(spellOutTranslation),
      headers: treatment.headers === null ? null : spellOutChanges(treatment.headers),
    };
    return number;
  }

  /** The number of a treatment of the routes in force; 0 for null. */
  numberOf(treatment: Treatment | null): number {
    return treatment === null ? 0 : (this.#numbers.get(treatment) ?? 0);
  }

  /** The answer of a route in force when no destination is usable; undefined: the usual one. */
  noDestination(action: DispatchAction): UnavailableAnswer | undefined {
    return this.#answers.get(action);
  }

  /** The treatment of a number. */
  at(number: number): WorkerTreatment {
    return this.#entries[number]!;
  }

  /** One more transaction has it. */
  take(number: number): void {
    this.#uses[number]!++;
  }

  /** A transaction that had it is over. */
  drop(number: number): void {
    this.#uses[number]!--;
  }
}
