import assert from "node:assert/strict";
import { it } from "node:test";
import type { Snapshot } from "../bridge/snapshot.ts";
import { syntheticSnapshot } from "../proxy/synthetic-snapshot.ts";
import { compile } from "./compile.ts";
import { TlsIdentities } from "./compile-tls.ts";
import { placeDestinations, slotIdentities } from "./place.ts";
import { rowsOf } from "./rows.ts";
import { configOf } from "./testing/config.ts";

/** What the engine tells objects apart by: the order of their keys, and what stands in each. Routes and figures are configured. */
function shape(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return value.constructor === Buffer ? "Uint8Array" : value.constructor.name;
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (typeof value !== "object" || value === null || value instanceof SharedArrayBuffer) return typeof value;
  return Object.entries(value).map(([key, inner]) => [key, shape(inner)]);
}

function compiled(forwarding: string): Snapshot {
  const config = configOf({
    listeners: ["udp://127.0.0.1:5060"],
    forwarding,
    sets: { 1: { algorithm: "hash-call-id", destinations: ["sip:127.0.0.11:5070"] } },
    routes: [{ set: 1 }],
  });
  const rows = rowsOf(config, new Map());
  const identities = slotIdentities(rows);
  const placed = placeDestinations(config, rows, identities, [...identities.keys()], new TlsIdentities());
  const result = compile(config, {
    generation: 1,
    placed,
    rows: placed.length,
    setRows: [...config.sets.keys()],
    ports: [],
    keys: [new Uint8Array(16)],
    closing: false,
  });
  assert.ok(result.ok, JSON.stringify(result));
  return result.snapshot;
}

it("a snapshot that the warm-up makes is of the shape of a configured one, so that the code compiled for it stays", () => {
  for (const forwarding of ["stateful", "stateless"]) {
    const real = structuredClone(compiled(forwarding));
    const madeUp = structuredClone(syntheticSnapshot(forwarding === "stateful"));
    assert.deepEqual(shape(madeUp), shape(real));
  }
});
