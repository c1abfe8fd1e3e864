// The file of states: whole or not at all, and no reason not to start.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import type { SavedHealth } from "../health/saved-states.ts";
import type { Log } from "./log.ts";
import { readStates, StateFile } from "./state-file.ts";

let folder = "";
let told: string[] = [];
const log = Object.fromEntries(
  ["info", "warn", "error"].map((level) => [level, (_: unknown, what: string) => void told.push(`${level}: ${what}`)]),
) as unknown as Log;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fairlead-state-"));
  told = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function states(reason: string): SavedHealth {
  const common = { set: "a", uri: "sip:x", name: "x", configured: "active", state: "draining" } as const;
  const operator = { by: "mark", state: "draining", reason } as const;
  return {
    destinations: [{ ...common, reason, since: 5, marked: false, operator }],
    orders: [{ group: "g", name: "", by: "mark", state: "draining", reason }],
    latencies: [
      {
        set: "a",
        uri: "sip:x",
        name: "x",
        at: 7,
        samples: 12,
        average: 2.5,
        estimate: 3,
        squares: 0.5,
        most: 4,
        timeouts: 1,
      },
    ],
    scores: [{ set: "a", uri: "sip:x", name: "x", at: 7, score: -3, configured: 0 }],
    pauses: ["g"],
  };
}

test("what was written is read again, and only what changed is written", () => {
  const path = join(folder, "state.json");
  let present = states("one");
  const file = new StateFile(() => present, log);
  file.poll(path, 30_000, 0);
  file.poll(path, 30_000, 29_000);
  assert.deepEqual(readdirSync(folder), []);
  file.poll(path, 30_000, 30_000);
  assert.deepEqual(readStates(path, log), { version: 1, ...states("one") });
  rmSync(path);
  file.poll(path, 30_000, 61_000);
  assert.deepEqual(readdirSync(folder), [], "nothing changed");
  present = states("two");
  file.write();
  assert.deepEqual(readStates(path, log)?.orders[0]?.reason, "two");
  assert.deepEqual([readdirSync(folder), told], [["state.json"], []]);
});

test("no file is normal; what is no such file is told, and nothing is read from it", () => {
  const path = join(folder, "state.json");
  assert.equal(readStates("", log), null);
  assert.equal(readStates(path, log), null);
  for (const text of [
    "",
    "{",
    "{}",
    '{"version": 2}',
    JSON.stringify({ version: 1, ...states("x") }).replace("draining", "gone"),
    JSON.stringify({ version: 1, ...states("x") }).replace('"score":-3', '"score":0.5'),
    JSON.stringify({ version: 1, ...states("x") }).replace('"samples":12', '"samples":-1'),
  ]) {
    writeFileSync(path, text);
    assert.equal(readStates(path, log), null);
  }
  assert.deepEqual(
    told.map((line) => line.slice(0, 5)),
    ["info:", ...new Array<string>(7).fill("warn:")],
  );
});

test("a file of before there were figures is read", () => {
  const path = join(folder, "state.json");
  const { destinations, orders } = states("one");
  writeFileSync(
    path,
    JSON.stringify({ version: 1, destinations: destinations.map((one) => ({ ...one, latency: 12 })), orders }),
  );
  assert.deepEqual(readStates(path, log), { version: 1, destinations, orders, latencies: [], scores: [], pauses: [] });
});

test("what a file says without whose word it is was an operator's", () => {
  const path = join(folder, "state.json");
  const written = JSON.stringify({ version: 1, ...states("one") });
  writeFileSync(path, written.replaceAll('"by":"mark",', ""));
  assert.deepEqual(readStates(path, log), JSON.parse(written.replaceAll('"by":"mark"', '"by":"operator"')));
});

test("a folder that cannot be written to is told once, and again when it had worked in between", () => {
  let path = join(folder, "nowhere", "state.json");
  let count = 0;
  const file = new StateFile(() => states(String(count++)), log);
  const save = () => {
    file.poll(path, 1, count);
    file.poll(path, 1, count + 2);
  };
  save();
  save();
  path = join(folder, "state.json");
  save();
  path = join(folder, "nowhere", "state.json");
  save();
  assert.deepEqual(told, ["error: states cannot be saved", "error: states cannot be saved"]);
  assert.deepEqual(readdirSync(folder), ["state.json"]);
});

test("where only a part of it can be written the file of before stays", () => {
  const path = join(folder, "state.json");
  const file = new StateFile(() => states("one"), log);
  file.poll(path, 1, 0);
  file.poll(path, 1, 2);
  const writer = `
    import { StateFile } from ${JSON.stringify(new URL("./state-file.ts", import.meta.url).href)};
    const error = (_, what) => console.log(what);
    const states = () => ({ destinations: [], orders: [], more: "x".repeat(100_000) });
    const file = new StateFile(states, { error });
    file.poll(process.argv[1], 1, 0);
    file.poll(process.argv[1], 1, 2);`;
  // The system takes the first blocks of a file that is too large, as a disk does that is nearly full.
  const script = 'ulimit -f 16; exec "$0" --input-type=module -e "$1" "$2"';
  const { stdout } = spawnSync("/bin/sh", ["-c", script, process.execPath, writer, path], { encoding: "utf8" });
  assert.equal(stdout, "states cannot be saved\n");
  assert.deepEqual([readStates(path, log), readdirSync(folder)], [{ version: 1, ...states("one") }, ["state.json"]]);
});

test("a pipe is not waited for, and a file that is far too large is not read", { timeout: 5_000 }, () => {
  const path = join(folder, "state.json");
  assert.equal(spawnSync("mkfifo", [path]).status, 0);
  assert.equal(readStates(path, log), null);
  rmSync(path);
  writeFileSync(path, "");
  truncateSync(path, 3_000_000_000);
  assert.equal(readStates(path, log), null);
  assert.equal(told.filter((line) => line.startsWith("warn: the saved states cannot be read")).length, 2);
});

test("what somebody has put where the next states wait is not written through", () => {
  const path = join(folder, "state.json");
  const victim = join(folder, "victim");
  writeFileSync(victim, "of somebody else");
  symlinkSync(victim, `${path}.new`);
  const file = new StateFile(() => states("one"), log);
  file.poll(path, 30_000, 0);
  file.poll(path, 30_000, 30_000);
  assert.equal(readFileSync(victim, "utf8"), "of somebody else");
  assert.deepEqual([lstatSync(path).isFile(), told], [true, []]);
});
