import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

scenario("calls in every state live through a reload that removes their destination", async (stage) => {
  const { lb, phone, destination } = stage;
  const [old, fresh] = [destination.rings(), destination.answers(200)];
  await lb.dispatches(1, "round-robin", [old]);
  const ringing = phone.dials("sip:bob@example.com");
  const callee = await old.call(0);
  const talking = phone.dials("sip:bob@example.com");
  void (await old.call(1)).answer();
  const talk = await phone.finished(talking);
  await lb.dispatches(1, "round-robin", [fresh]);
  void callee.answer();
  const answered = await phone.finished(ringing);
  assert.equal(answered.status, 200);
  assert.equal(await talk.reinvite(), 200);
  assert.equal(await talk.bye(), 200);
  assert.equal((await callee.session.bye())?.status, 200);
  assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
  assert.equal(fresh.calls.length, 1);
  assert.equal(old.calls.length, 2);
});

scenario("a wrong configuration is refused and the old one goes on", async ({ lb, phone, destination }) => {
  const server = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server]);
  await lb.writeConfig('{"listeners": ["udp://127.0.0.1:5060"], "sets": {"1": {"algoritm": "random"}}}');
  await assert.rejects(lb.reload());
  assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
});

scenario("SIGHUP reloads", async ({ lb, phone, destination }) => {
  const [old, fresh] = [destination.answers(200), destination.answers(200)];
  await lb.dispatches(1, "round-robin", [old]);
  await fresh.opened;
  const text = JSON.stringify(lb.config).replace(old.uri, fresh.uri);
  await lb.writeConfig(text);
  lb.process?.signal("SIGHUP");
  await until("a call at the new destination", async () => {
    await phone.invites("sip:bob@example.com");
    return fresh.calls.length > 0;
  });
});

scenario(
  "the admin API shows the configuration in force in the file's own words, and that is a file",
  async (stage) => {
    const { lb, phone, destination } = stage;
    const server = destination.answers(200);
    const keys = ["a secret of enough characters"];
    // A set may be called what a secret is called.
    await lb.dispatches("token", "round-robin", [{ to: server, name: "one", max_calls: 7 }], {}, { keys });
    assert.equal((await lb.admin("PATCH", "/destinations/token/one", { weight: 5 })).status, 200);
    const { body } = await lb.admin("GET", "/config");
    assert.ok(!body.includes("enough"), body);
    const { config } = JSON.parse(body);
    assert.deepEqual(config.keys, ["(redacted)"]);
    const [shown] = config.sets.token.destinations;
    assert.deepEqual([shown.name, shown.max_calls, shown.weight], ["one", 7, 5]);
    assert.equal(config.sets.token.unavailable.retry_after, "0s");
    await lb.writeConfig(JSON.stringify({ ...config, keys }));
    await lb.reload();
    assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
  },
);
