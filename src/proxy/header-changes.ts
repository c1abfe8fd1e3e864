// Headers that a route adds to its requests, replaces or leaves out, spelled out.
import type { KeyExpression } from "../bridge/key-expression.ts";
import type { HeaderEdits } from "../bridge/request-changes.ts";
import { Header, headerOf } from "../sip/header.ts";

/** The changes, spelled out. */
export interface HeaderChanges {
  /** Headers with a number that are left out. */
  readonly known: Uint8Array;
  /** Names of others, in lower case. */
  readonly names: readonly Uint8Array[];
  /** Names of lines that are added, and their values. */
  readonly addedNames: readonly Uint8Array[];
  readonly values: readonly KeyExpression[];
}

/** Spells changes out. */
export function spellOutChanges({ remove, add }: HeaderEdits): HeaderChanges {
  const names = remove.map((name) => Buffer.from(name.toLowerCase(), "latin1"));
  const numberOf = (name: Uint8Array): Header => headerOf(name, 0, name.length);
  return {
    known: Uint8Array.from(names.map(numberOf).filter((number) => number !== Header.other)),
    names: names.filter((name) => numberOf(name) === Header.other),
    addedNames: add.map(({ name }) => Buffer.from(name, "latin1")),
    values: add.map(({ value }) => value),
  };
}
