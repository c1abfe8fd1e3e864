import assert from "node:assert/strict";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { checkTree, readTree } from "./check-layers.ts";

function whats(files: Record<string, string>): string[] {
  return checkTree(new Map(Object.entries(files))).map(({ file, line, what }) => `${file}:${line}: ${what}`);
}

it("an import that points up is found, with its line", () => {
  const files = {
    "src/net/udp.ts": '// why\nimport { a } from "../sip/a.ts";\nimport {\n  b,\n} from "../proxy/b.ts";\n',
    "src/sip/a.ts": "export const a = 1;\n",
    "src/proxy/b.ts": "export const b = 1;\n",
  };
  assert.deepEqual(whats(files), ["src/net/udp.ts:5: net may not import proxy (src/proxy/b.ts)"]);
});

it("proxy and control never import each other, not even types or lazily", () => {
  const files = {
    "src/control/a.ts": 'import type { B } from "../proxy/b.ts";\n',
    "src/proxy/b.ts": 'const c = await import("../control/c.ts");\n',
    "src/control/c.ts": "export const c = 1;\n",
  };
  assert.deepEqual(whats(files), [
    "src/control/a.ts:1: control may not import proxy (src/proxy/b.ts)",
    "src/proxy/b.ts:1: proxy may not import control (src/control/c.ts)",
  ]);
});

it("a circle of type-only imports is a circle", () => {
  const files = {
    "src/sip/a.ts": 'import type { B } from "./b.ts";\n',
    "src/sip/b.ts": 'export type { A } from "./a.ts";\n',
  };
  assert.deepEqual(whats(files), ["src/sip/b.ts:1: import circle: src/sip/a.ts -> src/sip/b.ts -> src/sip/a.ts"]);
});

it("the command line reaches the admin API through its client only", () => {
  const files = {
    "src/cli/sets.ts": 'import { AdminClient } from "../admin/client.ts";\nimport { x } from "../admin/server.ts";\n',
  };
  assert.deepEqual(whats(files), ["src/cli/sets.ts:2: cli may not import admin (src/admin/server.ts)"]);
});

it("words in a comment are not an import", () => {
  assert.deepEqual(
    whats({ "src/sip/a.ts": 'export class A {\n  /** The value, from "SIP" on. */\n  start = 0;\n}\n' }),
    [],
  );
});

it("sip and dispatch stay pure", () => {
  const files = { "src/sip/a.ts": 'import { readFileSync } from "node:fs";\n' };
  assert.deepEqual(whats(files), ["src/sip/a.ts:1: sip is pure and may not import node:fs"]);
});

it("a source imports no test, and nothing imports main", () => {
  const files = { "src/net/a.ts": 'import "../../test/kit/wire.ts";\nimport { main } from "../main.ts";\n' };
  assert.deepEqual(whats(files), [
    "src/net/a.ts:1: net may not import test/kit/wire.ts",
    "src/net/a.ts:2: net may not import src/main.ts",
  ]);
});

it("long files, utils, default exports and files without a layer are found", () => {
  const files = {
    "src/sip/long.ts": "x;\n".repeat(301),
    "test/kit/utils.ts": "",
    "bench/run.ts": "const a = 1;\nexport default a;\n",
    "src/misc/a.ts": "",
    "src/main.ts": 'import { a } from "./proxy/a.ts";\n',
  };
  assert.deepEqual(whats(files), [
    "src/sip/long.ts:300: longer than 300 lines",
    "test/kit/utils.ts:1: a helper lives with the noun it helps",
    "bench/run.ts:2: default export",
    "src/misc/a.ts:1: lies in no layer (tools/check-layers.ts has the table)",
  ]);
});

it("the project's own tree is read", () => {
  const files = readTree(fileURLToPath(new URL("..", import.meta.url)));
  assert.ok(files.has("src/bridge/handoff.ts"));
});
