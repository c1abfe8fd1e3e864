import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { LbProcess } from "../../test/kit/lb-process.ts";
import { until } from "../../test/kit/wait.ts";

const EXAMPLE = fileURLToPath(new URL("../../test/importers/dispatcher-list/documented.yaml", import.meta.url));
/** Loaded before everything else: each thread says on standard error, when it ends, of which packages and layers it has loaded something. */
const WATCH = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from "node:fs";
  import { registerHooks } from "node:module";
  import { isMainThread } from "node:worker_threads";
  const packages = new Set();
  const layers = new Set();
  registerHooks({ load(url, context, next) {
    const [, name] = /\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(url) ?? [];
    const [, layer] = /\\/src\\/([^/.]+)\\//.exec(url) ?? [];
    if (name !== undefined) packages.add(name);
    else if (layer !== undefined) layers.add(layer);
    return next(url, context);
  } });
  process.on("exit", () => {
    writeSync(2, "\\n" + JSON.stringify({ isMainThread, packages: [...packages].sort(), layers: [...layers].sort() }) + "\\n");
  });
`)}`;

/** Of what a thread has loaded something, in alphabetical order. */
interface Loaded {
  readonly packages: readonly string[];
  readonly layers: readonly string[];
}

/** What main has loaded, or the first other thread that has anything of a layer. */
function loadedOf(program: LbProcess, ofMain: boolean, layer = ""): Loaded {
  const isMeant = (layers: unknown) => layer === "" || (Array.isArray(layers) && layers.includes(layer));
  const said = program.log.find(({ record }) => record.isMainThread === ofMain && isMeant(record.layers))?.record;
  assert.ok(said !== undefined, program.tail());
  const { packages, layers } = said as unknown as Loaded;
  return { packages, layers };
}

function watched(args: readonly string[]): LbProcess {
  return new LbProcess(args, {}, undefined, ["--import", WATCH]);
}

/** What a command has loaded when it ends. */
async function loadedBy(...args: readonly string[]): Promise<Loaded> {
  const program = watched(args);
  await until("the end", () => program.log.some(({ record }) => record.isMainThread === true), 60_000);
  return loadedOf(program, true);
}

/** What main and a worker (of that layer) have loaded when a balancer with these lines in its configuration ends. */
async function loadedByRun(lines: string, layer = "proxy"): Promise<{ main: Loaded; worker: Loaded }> {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-loading-"));
  const file = join(folder, "fairlead.yaml");
  writeFileSync(file, `sets: {media: {destinations: ["sip:127.0.0.1:9"]}}\nworkers: 1\n${lines}\n`);
  const program = watched(["run", file]);
  try {
    await program.ready();
    program.signal("SIGINT");
    await until("the end", () => program.log.some(({ record }) => record.isMainThread === true), 60_000);
    return { main: loadedOf(program, true), worker: loadedOf(program, false, layer) };
  } finally {
    await program.stop();
    rmSync(folder, { recursive: true });
  }
}

describe("no command waits for what only others need", () => {
  const alone = { packages: ["commander"], layers: ["admin", "cli", "config"] };

  for (const args of [["--version"], ["--help"], ["destinations", "set", "--help"], ["completion", "bash"]]) {
    it(`${args.join(" ")} loads the command line alone`, async () => {
      assert.deepEqual(await loadedBy(...args), alone);
    });
  }

  it("commands for the running instance load the API's client, and YAML where it is asked for", async () => {
    // Nobody listens on port 1.
    const admin = ["--admin", "http://127.0.0.1:1"];
    for (const command of [["sets"], ["destinations", "ls"], ["rpc", "which"]])
      assert.deepEqual(await loadedBy(...command, ...admin), alone, command.join(" "));
    assert.deepEqual((await loadedBy("sets", "put", "media", EXAMPLE, ...admin)).packages, ["commander", "yaml"]);
  });

  it("check loads what reads configurations, and nothing of what runs them", async () => {
    const { packages, layers } = await loadedBy("check", "--no-dns", "--no-sources", EXAMPLE);
    assert.ok(packages.includes("zod"));
    assert.deepEqual([packages.includes("fastify"), layers.includes("proxy")], [false, false]);
  });
});

const UDP = 'listeners: ["udp://127.0.0.1:0"]';

describe("run loads what its configuration needs", () => {
  it("a worker has no package but that for system calls, and main none of the data plane", async () => {
    const { main, worker } = await loadedByRun(`${UDP}\nadmin: {listen: "http://127.0.0.1:0"}`);
    assert.deepEqual(
      worker.packages.filter((name) => !name.includes("koffi")),
      [],
    );
    assert.deepEqual(
      ["admin", "config", "control", "streams"].filter((layer) => worker.layers.includes(layer)),
      [],
    );
    assert.deepEqual([main.packages.includes("fastify"), main.layers.includes("proxy")], [true, false]);
    assert.ok(!main.packages.includes("ajv"), "requests to the API are read by our own schemas");
  });

  it("without the admin API nothing of it is loaded", async () => {
    const { packages } = (await loadedByRun(`${UDP}\nadmin: false`)).main;
    assert.deepEqual(
      [packages.includes("zod"), packages.includes("fastify"), packages.includes("prom-client")],
      [true, false, false],
    );
  });

  it("WebSockets are loaded where a listener is one of them", async () => {
    const streams = async (transport: string) =>
      (await loadedByRun(`listeners: ["${transport}://127.0.0.1:0"]\nadmin: false`, "streams")).worker.packages;
    assert.ok(!(await streams("tcp")).includes("ws"));
    assert.ok((await streams("ws")).includes("ws"));
  });
});
