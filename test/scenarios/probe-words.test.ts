// What a destination says of its own probing counts, whatever the mode of its set is.
import assert from "node:assert/strict";
import { configuredSet } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

scenario("a destination is probed always, or while it is inactive, in a set that probes neither", async (stage) => {
  const { lb, destination } = stage;
  const [plain, always, back, well, out] = [1, 2, 3, 4, 5].map(() => destination.answers(200));
  const named = [
    { to: plain!, name: "plain" },
    { to: always!, name: "always", probe: "always" },
    { to: back!, name: "back", probe: "down", state: "inactive" },
    { to: well!, name: "well", probe: "down" },
    { to: out!, name: "out", probe: "never", state: "inactive" },
  ];
  const probe = { every: "100ms", timeout: "10s", down_after: 100, up_after: 2, mode: "down" };
  await lb.runs({ sets: { media: await configuredSet("priority", named, { probe }) }, routes: [{ set: "media" }] });
  const stateOf = async (name: string) => JSON.parse((await lb.admin("GET", `/destinations/media/${name}`)).body).state;
  await until("the one that was inactive to come back", async () => (await stateOf("back")) === "active", 30_000);
  const probes = always!.heard("OPTIONS").length;
  // One that was under way may come yet.
  const last = back!.heard("OPTIONS").length;
  assert.ok(last >= 2, `${last} probes`);
  await until("many probes of the one that always is", () => always!.heard("OPTIONS").length > probes + 8, 30_000);
  assert.ok(back!.heard("OPTIONS").length <= last + 1);
  for (const one of [plain, well, out]) assert.equal(one!.heard("OPTIONS").length, 0);
  assert.equal(await stateOf("out"), "inactive");
});
