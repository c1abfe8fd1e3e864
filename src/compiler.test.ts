// What V8 was told, seen by its own trace: threads that are started later compile themselves, main and whoever is to have
// one go on with a compiler beside them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const PROGRAM = `
import { Worker } from "node:worker_threads";
import { compiledBeside, compileForPackets } from ${JSON.stringify(new URL("./compiler.ts", import.meta.url).href)};
function hotInMain(a) { return a * 3 + 1; }
const heat = (hot) => { for (let i = 0, s = 0; i < 1e6; i++) s += hot(i); };
compileForPackets();
heat(hotInMain);
const start = (name) => new Worker("function " + name + "(a) { return a * 5 + 1; } for (let i = 0, s = 0; i < 1e6; i++) s += " + name + "(i);", { eval: true });
const beside = compiledBeside(() => start("hotBeside"));
beside.once("online", () => start("hotInWorker"));
`;

/** How `hot` was compiled, each once. */
function modesOf(hot: string, trace: string): string[] {
  const lines = trace.split("\n").filter((line) => line.startsWith("[compiling method") && line.includes(` ${hot} `));
  return [...new Set(lines.map((line) => /ConcurrencyMode::(\w+)/.exec(line)?.[1] ?? line))];
}

const v8 = Number.parseInt(process.versions.v8, 10);

test("workers compile on their own threads, main and the stream worker do not", {
  skip: v8 < 13 || v8 > 14 ? `V8 ${v8} is left as it is` : false,
}, () => {
  const { stdout, stderr } = spawnSync(process.execPath, ["--trace-opt", "--input-type=module", "-e", PROGRAM], {
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.equal(stderr, "");
  assert.deepEqual(modesOf("hotInWorker", stdout), ["kSynchronous"]);
  assert.deepEqual(modesOf("hotInMain", stdout), ["kConcurrent"]);
  assert.deepEqual(modesOf("hotBeside", stdout), ["kConcurrent"]);
});
