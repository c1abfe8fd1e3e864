// What routes ask of a request's parts, and what changes in it on its way to a destination, compiled.
import type { Automaton } from "../dispatch/automaton.ts";
import type { KeyExpression } from "./key-expression.ts";

/** What of the request URI a destination has otherwise. */
export interface RewritingEntry {
  /** How many characters of the user are taken off in front. */
  readonly strip: number;
  /** What comes in their place. */
  readonly prefix: string;
  /** `host:port;parameters`: what follows the user where a route rewrites the host. */
  readonly host: string;
}

/** A header line to be written; the value is put together from the message at hand. */
export interface HeaderLineEntry {
  readonly name: string;
  readonly value: KeyExpression;
}

/** What happens to the headers of a request, in this order. */
export interface HeaderEdits {
  /** Names of headers that are left out, those to be replaced among them; as written. */
  readonly remove: readonly string[];
  readonly add: readonly HeaderLineEntry[];
}

/** A part of the message, and what it has to look like, or with `isNot` must not. */
export interface MatchEntry {
  readonly of: KeyExpression;
  readonly automaton: Automaton;
  readonly isNot: boolean;
}
