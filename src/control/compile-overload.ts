// Section `overload` as workers see it.
import type { OverloadEntry } from "../bridge/snapshot.ts";
import type { Config } from "../config/schema.ts";
import { compilePattern } from "./compile-routes.ts";

const encoder = new TextEncoder();

/** Compiles the section. */
export function compileOverload({ emergency, ...figures }: Config["overload"]): OverloadEntry {
  return {
    ...figures,
    emergency: emergency.map((one) =>
      one.kind === "urn" ? { urn: encoder.encode(one.urn), uri: null } : { urn: null, uri: compilePattern(one.uri) },
    ),
  };
}
