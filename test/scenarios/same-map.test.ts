// Nodes that share their destinations and nothing else: what each says of a key, every one of them asked in a process of its own.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const KEYS = 100_000;
const NODE = fileURLToPath(new URL("same-map-node.ts", import.meta.url));

/** The name of the destination of every key, as a node with these destinations has it. */
async function mapOf(algorithm: string, names: readonly string[]): Promise<string[]> {
  const args = ["--disable-warning=ExperimentalWarning", NODE, algorithm, String(KEYS), ...names];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 << 20 });
  return stdout.trimEnd().split("\n");
}

const NAMES = Array.from({ length: 10 }, (_, i) => `sip:10.0.0.${i + 1}:5060`);
const SHUFFLED = [7, 2, 9, 0, 4, 8, 1, 6, 3, 5].map((at) => NAMES[at] ?? "");

for (const algorithm of ["consistent-hash", "rendezvous-hash"]) {
  test(`${algorithm}: two nodes whose files have another order agree on all of 100,000 keys, and on those that move`, async (t) => {
    const less = NAMES.slice(1);
    const [one, other, oneWithout, otherWithout] = await Promise.all([
      mapOf(algorithm, NAMES),
      mapOf(algorithm, SHUFFLED),
      mapOf(algorithm, less),
      mapOf(
        algorithm,
        SHUFFLED.filter((name) => less.includes(name)),
      ),
    ]);
    assert.equal(one.length, KEYS);
    assert.equal(new Set(one).size, NAMES.length);
    assert.deepEqual(other, one);
    assert.deepEqual(otherWithout, oneWithout);
    const moved = one.filter((name, key) => name !== oneWithout[key]).length;
    assert.ok(moved > 0 && moved <= KEYS * 0.12, `${moved} of ${KEYS} moved`);
    t.diagnostic(`${algorithm}: two nodes agree on ${KEYS} of ${KEYS} keys; ${moved} moved with one of ten`);
  });
}
