import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { AdminError } from "../../src/admin/admin-error.ts";
import { AdminClient } from "../../src/admin/client.ts";
import type { EventResource } from "../../src/admin/resources.ts";
import type { LoadBalancer } from "../kit/lb.ts";
import { configuredSet } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const BOB = "sip:bob@example.com";

async function refusal(work: Promise<unknown>): Promise<AdminError> {
  const error = await work.then(
    () => new Error("it was not refused"),
    (reason: unknown) => reason,
  );
  if (error instanceof AdminError) return error;
  throw error;
}

async function tagOf(lb: LoadBalancer, path: string): Promise<string> {
  const { headers } = await fetch(`${lb.adminUrl}/api/v1${path}`);
  return headers.get("etag") ?? "";
}

scenario(
  "sets, destinations and routes are changed while calls go on, each over the version that was seen",
  { io: "batched" },
  async ({ lb, phone, destination }) => {
    const [first, second] = [destination.answers(200), destination.answers(200)];
    await lb.dispatches("media", "priority", [{ to: first, name: "one" }]);
    await second.opened;
    const client = new AdminClient(lb.adminUrl);
    const call = await phone.invites(BOB);
    // Two operators look at the same destination; the second one to change it is told.
    const seen = await tagOf(lb, "/destinations/media/one");
    assert.equal((await client.change("media", "one", { weight: 7 }, { ifMatch: seen })).problems.length, 0);
    const late = await refusal(client.change("media", "one", { weight: 9 }, { ifMatch: seen }));
    assert.equal(late.status, 412);
    assert.equal((await client.destinations())[0]?.weight, 7);
    // Tried first: what would change is told, and nothing changes.
    const set = { algorithm: "priority", probe: false, destinations: [{ uri: second.uri, name: "two" }] };
    const trial = await client.putSet("spare", set, { isDryRun: true });
    assert.deepEqual([trial.dry_run, trial.changes.map(({ path }) => path)], [true, ["sets.spare"]]);
    assert.deepEqual(
      (await client.sets()).map(({ name }) => name),
      ["media"],
    );
    const wrong = await refusal(client.putSet("spare", { ...set, algorithm: "roundrobin" }, { isDryRun: true }));
    assert.match(wrong.message, /unknown algorithm "roundrobin"/);
    await client.putSet("spare", set);
    // A set that a route leads to is not removed; one that no route leads to is.
    await client.putRoutes([{ name: "all", set: "spare" }]);
    assert.equal((await phone.invites(BOB)).status, 200);
    assert.equal(second.calls.length, 1);
    const needed = await refusal(client.removeSet("spare"));
    assert.deepEqual([needed.status, /there is no set "spare"/.test(needed.message)], [422, true], needed.message);
    await client.putRoutes([{ name: "all", set: "media" }]);
    await client.removeSet("spare");
    const slow = await client.changeSet("media", { failover: { answer_within: "2s" } });
    assert.deepEqual(slow.changes, [{ path: "sets.media.failover.answer_within", before: "5s", after: "2s" }]);
    await client.changeSet("media", { failover: { answer_within: "3s" } });
    const usual = await client.changeSet("media", { failover: { answer_within: null } });
    assert.deepEqual(usual.changes, [{ path: "sets.media.failover.answer_within", before: "3s", after: "2s" }]);
    assert.equal((await client.sets()).length, 1);
    assert.equal(await call.bye(), 200);
    // Everything was in memory: the file says what it said.
    await lb.reload();
    assert.equal((await client.destinations())[0]?.weight, 1);
    const records = await client.auditLog(100);
    assert.deepEqual(
      records.filter(({ url }) => url.includes("media/one")).map(({ status }) => status),
      [200, 412],
    );
  },
);

scenario(
  "with persist changes are in the file, comments stay, and what cannot be kept is not done",
  { io: "batched" },
  async ({ lb, destination }) => {
    const [first, second] = [destination.answers(200), destination.answers(200)];
    await Promise.all([first.opened, second.opened]);
    const base = JSON.stringify({ ...lb.config, admin: { listen: lb.adminUrl, persist: true } }, null, 2);
    const media = JSON.stringify(await configuredSet("priority", []));
    const text = `# Ours.\n${base.slice(1, -2)},\nsets: {media: ${media}}\n`
      .replace(/^ {2}"(\w+)": /gm, "$1: ")
      .replace(/,\n(?=\w)/g, "\n")
      .replace('"destinations":[]', `"destinations": [{uri: "${first.uri}", name: one}] # The old one.\n  `);
    await lb.startsWith(text);
    const client = new AdminClient(lb.adminUrl);
    const events: EventResource[] = [];
    const following = follow(client, events);
    // Loads are told every second: now it is followed.
    await until("the first event", () => events.length > 0);
    await client.add({ set: "media", uri: second.uri, name: "two", weight: 3 });
    await client.change("media", "one", { max_calls: 40 });
    const kept = await readFile(lb.configFile, "utf8");
    assert.match(kept, /# Ours\./);
    assert.match(kept, /# The old one\./);
    await lb.reload();
    const shown = (await client.destinations()).map(({ name, weight, max_calls }) => [name, weight, max_calls]);
    assert.deepEqual(shown, [
      ["one", 1, 40],
      ["two", 3, 0],
    ]);
    // What would need a restart, and what is the file's alone.
    const whole = await client.configuration();
    const other = { ...whole.config, workers: 5 };
    assert.match((await refusal(client.putConfiguration(JSON.stringify(other)))).message, /workers needs a restart/);
    for (const [name, value] of Object.entries({
      admin: false,
      hooks: [{ command: { run: ["/bin/true"] } }],
      state: { file: "/tmp/fairlead-of-the-test" },
    })) {
      const error = await refusal(client.putConfiguration(JSON.stringify({ ...whole.config, [name]: value })));
      assert.equal(
        error.message,
        `${name} can be changed in the file only; the configuration in force stays as it was`,
      );
    }
    assert.equal(await readFile(lb.configFile, "utf8"), kept);
    const { keys: _, ...open } = whole.config;
    await client.putConfiguration(JSON.stringify({ ...open, server_header: "ours" }));
    assert.match(await readFile(lb.configFile, "utf8"), /server_header: ours|"server_header": "ours"/);
    assert.match(await readFile(lb.configFile, "utf8"), /a key of the tests, long enough/);
    assert.equal((await stat(lb.configFile)).mode & 0o777, 0o644);
    // Somebody has it open in an editor.
    const mine = `${await readFile(lb.configFile, "utf8")}# Mine.\n`;
    await lb.writeConfig(mine);
    const late = await refusal(client.remove("media", "two"));
    assert.match(late.message, /has changed since it was read: reload first/);
    assert.equal(await readFile(lb.configFile, "utf8"), mine);
    await client.setState("media", "one", "drain", "disk");
    await client.setState("media", "one", "disable");
    await client.setState("media", "one", "enable");
    const types = () => events.map(({ type }) => type);
    await until("the events", () => types().includes("destination.up"));
    assert.deepEqual(
      types().filter((type) => type !== "load" && type !== "destination.drained"),
      [
        ...["configuration.applied", "configuration.applied", "configuration.applied"],
        ...["configuration.refused", "configuration.refused", "configuration.refused", "configuration.refused"],
        ...["configuration.applied", "configuration.refused"],
        ...["destination.draining", "destination.up"],
      ],
    );
    // Who was away reads on where it was.
    const id = String(events.find(({ type }) => type === "destination.draining")?.id);
    const missed: EventResource[] = [];
    const again = follow(client, missed, id);
    await until("the event that was missed", () => missed.some(({ type }) => type === "destination.up"));
    assert.ok(missed.every(({ type }) => type !== "destination.draining"));
    await lb.process?.stop();
    await Promise.all([following, again]);
  },
);

async function follow(client: AdminClient, into: EventResource[], lastId = ""): Promise<void> {
  try {
    for await (const event of client.events([], lastId)) into.push(event);
  } catch {
    // The process has ended.
  }
}
