import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type AdminServer, startAdmin } from "../admin/server.ts";
import { fakeBackend } from "../admin/testing/fake-backend.ts";
import { SILENT } from "../control/testing/silent-log.ts";

const LISTEN = "http://127.0.0.1:0";
/** Where it is, once it listens. */
let admin = "";
/** The commands alone, as main.ts would register them. */
const PROGRAM = `
  import { Command } from "commander";
  import { callsCommand } from "${fileURLToPath(new URL("./calls.ts", import.meta.url))}";
  import { destinationsCommand } from "${fileURLToPath(new URL("./destinations.ts", import.meta.url))}";
  import { reloadCommand } from "${fileURLToPath(new URL("./reload.ts", import.meta.url))}";
  import { sourcesCommand } from "${fileURLToPath(new URL("./sources.ts", import.meta.url))}";
  import { setsCommand } from "${fileURLToPath(new URL("./sets.ts", import.meta.url))}";
  import { auditCommand } from "${fileURLToPath(new URL("./audit.ts", import.meta.url))}";
  import { configCommand } from "${fileURLToPath(new URL("./config.ts", import.meta.url))}";
  import { countersCommand } from "${fileURLToPath(new URL("./counters.ts", import.meta.url))}";
  import { eventsCommand } from "${fileURLToPath(new URL("./events.ts", import.meta.url))}";
  import { routesCommand } from "${fileURLToPath(new URL("./routes.ts", import.meta.url))}";
  const program = new Command();
  for (const command of [auditCommand, configCommand, countersCommand, eventsCommand, routesCommand, sourcesCommand, setsCommand, destinationsCommand, callsCommand, reloadCommand]) command.register(program);
  await program.parseAsync(process.argv);
`;

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  args: readonly string[],
  environment: Record<string, string> = { FAIRLEAD_ADMIN: admin },
  input = "",
): Promise<Run> {
  // Node leaves the script's place in argv out when the script comes from --eval.
  const child = spawn(process.execPath, ["--input-type=module", "--eval", PROGRAM, "fairlead", ...args], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: { ...process.env, ...environment },
    stdio: "pipe",
  });
  // One that ends before it has read its input is told apart by its code.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

describe("commands for the running instance", () => {
  const fake = fakeBackend();
  let server: AdminServer;
  before(async () => {
    server = await startAdmin({ listen: LISTEN, backend: fake.backend, log: SILENT, faults: false });
    admin = server.url;
  });
  after(() => server.close());

  it("sets shows a line per set, without colour in a pipe", async () => {
    const { code, stdout } = await run(["sets"]);
    assert.deepEqual([code, stdout], [0, "SET    ALGORITHM  USABLE  CALLS\nmedia  call-load     2/2      0\n"]);
  });

  it("destinations as JSON and YAML are the API's own resources", async () => {
    const json = JSON.parse((await run(["destinations", "ls", "--output", "json"])).stdout);
    assert.equal(json[0].name, "media1");
    assert.match((await run(["destinations", "-o", "yaml"])).stdout, /^- set: media\n {2}name: media1\n/);
  });

  it("drain takes a name, SET/NAME or URI, and shows what became of it", async () => {
    const { code, stdout } = await run(["destinations", "drain", "media/media1", "--reason", "disk swap"]);
    assert.equal(code, 0);
    assert.match(stdout, /^media {2}media1 +draining .* operator: disk swap; no calls left$/m);
    assert.equal((await run(["destinations", "enable", "sip:10.0.0.11:5060"])).code, 0);
    assert.equal(fake.backend.destinations()[0]?.state, "active");
  });

  it("set, add and rm are sent as they were asked", async () => {
    assert.equal((await run(["destinations", "set", "media1", "--weight", "3", "--priority", "-1"])).code, 0);
    assert.equal((await run(["destinations", "add", "media", "sip:10.0.0.13", "--name", "media3"])).code, 0);
    assert.equal((await run(["destinations", "rm", "media1"])).code, 0);
    assert.deepEqual(fake.seen.changes, [
      { kind: "change", slot: 0, change: { weight: 3, priority: -1 } },
      { kind: "add", destination: { set: "media", uri: "sip:10.0.0.13", name: "media3" } },
      { kind: "remove", slot: 0 },
    ]);
  });

  it("set takes any setting as KEY=VALUE in the words of the file, beside the options, and null is the default again", async () => {
    const before = fake.seen.changes.length;
    const wanted = ["probe=never", "attrs.site=north", "attrs.rack=null", "resources={pstn: 48}", "--weight", "3"];
    assert.equal((await run(["destinations", "set", "media1", ...wanted])).code, 0);
    const ofSet = ["algorithm=round-robin", "probe.every=5s", "probe.accept=[2xx, 403]", "failover=null"];
    assert.equal((await run(["sets", "set", "media", ...ofSet])).code, 0);
    assert.equal((await run(["sets", "set", "media", "probe=false", "--dry-run"])).code, 0);
    const attrs = { site: "north", rack: null };
    const probe = { every: "5s", accept: ["2xx", 403] };
    assert.deepEqual(fake.seen.changes.slice(before), [
      { kind: "change", slot: 0, change: { probe: "never", attrs, resources: { pstn: 48 }, weight: 3 } },
      { kind: "change-set", set: "media", change: { algorithm: "round-robin", probe, failover: null } },
    ]);
    for (const wrong of [["weight"], ["=3"], ["attrs.=x"], ["weight=[1"], []]) {
      for (const command of [
        ["destinations", "set", "media1"],
        ["sets", "set", "media"],
      ]) {
        const { code, stderr } = await run([...command, ...wrong]);
        assert.notEqual(code, 0);
        assert.match(stderr, /expected KEY=VALUE|the = is not YAML|nothing to change: KEY=VALUE/);
      }
    }
    assert.equal(fake.seen.changes.length, before + 2);
    const { code, stderr } = await run(["destinations", "set", "media1", "wieght=3"]);
    assert.equal(code, 1);
    assert.match(stderr, /unknown key "wieght" \(did you mean "weight"/);
  });

  it("probes of a destination and of a set are paused and resumed, which is seen beside the state", async () => {
    const shown = () => fake.backend.destinations().map(({ probing }) => probing);
    const one = await run(["destinations", "pause-probes", "media/media1"]);
    assert.match(one.stdout, /^media +media1 .*; probes paused$/m);
    assert.deepEqual(shown(), ["paused", "on"]);
    assert.equal((await run(["sets", "pause-probes", "media"])).code, 0);
    assert.deepEqual(shown(), ["paused", "paused"]);
    assert.equal((await run(["destinations", "resume-probes", "media/media1"])).code, 0);
    assert.equal((await run(["sets", "resume-probes", "media", "-o", "json"])).code, 0);
    assert.deepEqual(shown(), ["on", "on"]);
    const unknown = await run(["sets", "pause-probes", "other"]);
    assert.deepEqual([unknown.code, unknown.stderr], [1, 'error: there is no set "other"\n']);
  });

  it("the calls of a destination are listed a page at a time, and what is missing is told", async () => {
    const first = await run(["calls", "media/media1", "--limit", "1"]);
    assert.match(first.stdout, /^media1 +talking +61s +192\.0\.2\.7:5060 +edge +0$/m);
    assert.match(first.stdout, /\n\nmore: --after 1\.0\.1\n$/);
    const second = await run(["calls", "media1", "--after", "1.0.1"]);
    assert.deepEqual([second.code, second.stderr], [0, "worker 1 did not answer: its calls are left out\n"]);
    assert.doesNotMatch(second.stdout, /more:/);
    const { calls, next } = JSON.parse((await run(["calls", "media1", "-o", "json"])).stdout);
    assert.deepEqual([calls[0].state, calls[0].age_s, calls[0].session_s, next], ["talking", 61, null, "1.0.1"]);
    const wrong = await run(["calls", "media1", "--after", "yesterday"]);
    assert.deepEqual([wrong.code, wrong.stderr], [1, "error: after: it is not the `next` of a page\n"]);
  });

  it("scores are told as they are given, below 0 too, and taken back by `configured`", async () => {
    const uri = fake.backend.destinations()[1]?.uri ?? "";
    const { stderr, stdout } = await run(["destinations", "score", "media/media1=-7", `${uri}=12`]);
    assert.deepEqual([stderr, fake.backend.live.score(0), fake.backend.live.score(1)], ["", -7, 12]);
    assert.match(stdout, /^media +media1 +-7$/m);
    assert.equal((await run(["destinations", "score", "media/media1=configured"])).code, 0);
    assert.deepEqual([fake.backend.live.score(0), fake.backend.live.score(1)], [0, 12]);
    for (const wrong of ["media1", "media1=much"]) {
      const { code: failure, stderr } = await run(["destinations", "score", wrong]);
      assert.notEqual(failure, 0);
      assert.match(stderr, /expected (a whole number|DESTINATION=NUMBER)/);
    }
  });

  it("a mistyped command of a family is told as one, with what may be meant", async () => {
    const { code, stderr } = await run(["destinations", "drian", "media1"]);
    assert.notEqual(code, 0);
    assert.match(stderr, /there is no command "destinations drian" \(did you mean "drain"\?\)/);
  });

  it("a name that the instance does not know is a failure, whichever command is given it", async () => {
    const noDestination = 'error: there is no destination "media9" (fairlead destinations ls)\n';
    const noSet = 'error: there is no set "other"\n';
    const given = [
      { args: ["destinations", "disable", "media9"], told: noDestination },
      { args: ["destinations", "rm", "media9"], told: noDestination },
      { args: ["destinations", "set", "media9", "weight=3"], told: noDestination },
      { args: ["destinations", "score", "media9=3"], told: noDestination },
      { args: ["destinations", "add", "other", "sip:10.0.0.13"], told: noSet },
      { args: ["destinations", "ls", "--set", "other"], told: noSet },
      { args: ["calls", "media9"], told: noDestination },
      { args: ["sets", "show", "other"], told: noSet },
      { args: ["sets", "rm", "other"], told: noSet },
      { args: ["sources", "reload", "other"], told: 'error: there is no source "other"\n' },
    ];
    const before = fake.seen.changes.length;
    const runs = await Promise.all(given.map(({ args }) => run(args)));
    assert.deepEqual(
      runs.map(({ code, stdout, stderr }) => ({ code, stdout, told: stderr })),
      given.map(({ told }) => ({ code: 1, stdout: "", told })),
    );
    assert.equal(fake.seen.changes.length, before);
  });

  it("calls and reload say what there is", async () => {
    assert.match((await run(["calls"])).stdout, /4 transactions, 10 dialogs on 2 workers/);
    assert.match((await run(["reload"])).stdout, /GENERATION\n +8|GENERATION\n8/);
    assert.equal(fake.seen.reloads, 1);
  });

  it("sets, routes and the configuration are put from files, and can be tried first", async () => {
    const env = { FAIRLEAD_ADMIN: admin };
    const set = "destinations: ['sip:10.0.0.9']\n";
    const trial = await run(["sets", "put", "spare", "-", "--dry-run"], env, set);
    assert.deepEqual([trial.code, trial.stdout], [0, "WOULD CHANGE  BEFORE  AFTER\n"]);
    const before = fake.seen.changes.length;
    assert.equal((await run(["sets", "put", "spare", "-"], env, set)).code, 0);
    const { stdout: routes } = await run(["routes", "ls", "-o", "yaml"]);
    assert.equal((await run(["routes", "put", "-"], env, routes)).code, 0);
    const { stdout: config } = await run(["config", "get"]);
    assert.match(config, /^# generation: 7\n# etag: "[\w-]{22}"\nkeys:\n {2}- \(redacted\)\n/);
    assert.equal((await run(["config", "put", "-"], env, config)).code, 0);
    const stale = await run(["config", "put", "-"], env, config.replace(/etag: ".../, 'etag: "___'));
    assert.deepEqual([stale.code, stale.stderr], [1, "error: it has changed since you saw it; read it again\n"]);
    assert.deepEqual(
      fake.seen.changes.slice(before).map(({ kind }) => kind),
      ["put-set", "routes", "configuration"],
    );
  });

  it("events come as they happen, and audit says who changed what", async () => {
    const following = run(["events", "--count", "1", "--type", "destination.down"]);
    const telling = setInterval(() => {
      const [set, destination, uri] = ["media", "one", "sip:10.0.0.11"] as const;
      const event = { type: "destination.down", set, destination, uri, reason: "probe: 503" } as const;
      fake.backend.events.publish({ ...event, from: "active", to: "inactive" });
    }, 50);
    const { code, stdout } = await following;
    clearInterval(telling);
    assert.equal(code, 0);
    assert.match(stdout, /^\d\d:\d\d:\d\d {2}destination\.down {2}media\/one {2}active -> inactive {2}probe: 503\n$/);
    assert.match((await run(["audit", "--last", "1"])).stdout, /^\S+ +- +127\.0\.0\.1 +412 +PUT \/api\/v1\/config$/m);
  });

  it("sources are listed with what is wrong with them; a reload that cannot read one ends with 1", async () => {
    const listed = await run(["sources"]);
    assert.equal(listed.code, 0);
    assert.match(listed.stdout, /^SOURCE +SERVING +ROWS +SKIPPED +READ +NEXT +TABLE\n/);
    assert.match(
      listed.stdout,
      /^kamailio +earlier +12 +1 +3s +2s +mysql:\/\/kamailio@10\.0\.0\.5\/kamailio, table dispatcher$/m,
    );
    assert.match(
      listed.stderr,
      /^kamailio: connect ECONNREFUSED\nkamailio: id 7, column setid: it is NULL: left out\n$/,
    );
    const reloads = [await run(["sources", "reload"]), await run(["sources", "reload", "kamailio", "-o", "json"])];
    assert.deepEqual(
      [reloads.map(({ code }) => code), fake.seen.sources],
      [
        [1, 1],
        ["all", "kamailio"],
      ],
    );
    assert.equal(JSON.parse(reloads[1]?.stdout ?? "")[0].error, "connect ECONNREFUSED");
    assert.match((await run(["sources", "reload", "other"])).stderr, /^error: .*there is no source "other"/);
  });

  it("an instance that is not there is exit code 4, one line on stderr and nothing on stdout", async () => {
    const { code, stdout, stderr } = await run(["sets", "--admin", "http://127.0.0.1:25083"]);
    assert.deepEqual([code, stdout], [4, ""]);
    assert.match(stderr, /^error: no answer from the admin API at http:\/\/127\.0\.0\.1:25083 .*\n$/);
  });
});

describe("a refused reload", () => {
  it("prints the problems and is exit code 3", async () => {
    const problem = {
      severity: "error",
      where: "fairlead.yaml:3:5",
      file: "fairlead.yaml",
      line: 3,
      column: 5,
      what: 'unknown key "wieght"',
      hint: "weight?",
    } as const;
    const { backend } = fakeBackend({ result: { ok: false, generation: 7, problems: [problem], difference: null } });
    const server = await startAdmin({ listen: LISTEN, backend, log: SILENT, faults: false });
    const { code, stdout, stderr } = await run(["reload", "--admin", server.url]);
    const json = await run(["reload", "--admin", server.url, "-o", "json"]);
    const yaml = await run(["reload", "--admin", server.url, "-o", "yaml"]);
    await server.close();
    assert.deepEqual([code, stdout, json.code, yaml.code], [3, "", 3, 3]);
    const error = 'unknown key "wieght"; the configuration in force stays as it was';
    assert.deepEqual(JSON.parse(json.stdout), { error, problems: [problem] });
    assert.match(yaml.stdout, /^ {4}line: 3$/m);
    assert.equal(json.stderr, stderr);
    assert.match(stderr, /^fairlead\.yaml:3:5: error: unknown key "wieght" \(weight\?\)$/m);
  });
});
