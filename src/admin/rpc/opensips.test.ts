// OpenSIPS's commands: the shapes that its clients read, and what they may ask.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Secret } from "../../config/secret.ts";
import { SILENT } from "../../control/testing/silent-log.ts";
import type { AccessView, AdminBackend, DestinationView, ListenerView } from "../backend.ts";
import { createAdminApp } from "../server.ts";
import { fakeBackend } from "../testing/fake-backend.ts";

const VIEWER = "the-viewers-secret-1";
const ADMIN = "the-admins-secret-01";
const EDGE: readonly ListenerView[] = [{ name: "edge", uri: "udp://127.0.0.1:5062", transport: "udp" }];

/** `rows`: destinations like the first of the fake process, but for these. */
function lab(
  open: Partial<AccessView> = {},
  setName = "media",
  rows?: readonly Partial<DestinationView>[],
  listeners?: readonly ListenerView[],
) {
  const tokens = [
    { name: "panel", role: "viewer", secret: new Secret(VIEWER, "test") },
    { name: "boss", role: "admin", secret: new Secret(ADMIN, "test") },
  ] as const;
  const states: number[] = [];
  /** Of each change: whether it is kept out of the file. */
  const passing: boolean[] = [];
  const setNames = new Set(rows?.map(({ set = "" }) => set) ?? [setName]);
  const { backend: plain, seen } = fakeBackend({ access: { tokens, kamailioRpc: false, opensipsMi: true, ...open } });
  const backend: AdminBackend = {
    ...plain,
    listeners: () => listeners ?? plain.listeners(),
    sets: () => [...setNames].map((name) => ({ name, algorithm: "call-load" })),
    destinations: () =>
      rows?.map((row) => ({ ...plain.destinations()[0]!, ...row })) ??
      plain.destinations().map((one) => ({ ...one, set: setName })),
    setState(slot, ...what) {
      states.push(slot);
      plain.setState(slot, ...what);
    },
    apply(change, options) {
      passing.push(options?.isPassing === true);
      return plain.apply(change, options);
    },
  };
  const app = createAdminApp({ listen: "http://127.0.0.1:25082", backend, log: SILENT, faults: false });
  const post = (payload: string, token = ADMIN, url = "/mi") =>
    app.inject({
      method: "POST",
      url,
      payload,
      // As `curl -d` sends it.
      headers: {
        host: "127.0.0.1:25082",
        "content-type": "application/x-www-form-urlencoded",
        authorization: `Bearer ${token}`,
      },
    });
  const ask = async (method: string, params?: unknown, token = ADMIN) =>
    (await post(JSON.stringify({ jsonrpc: "2.0", method, params, id: 1 }), token)).json();
  return { ask, post, seen, states, passing, backend };
}

describe("OpenSIPS's commands", () => {
  it("list partitions, sets and destinations under the new name and the old one", async () => {
    const { ask } = lab();
    const expected = {
      URI: "sip:10.0.0.11:5060",
      state: "Active",
      first_hit_counter: 0,
      resolved_addresses: ["10.0.0.11:5060"],
    };
    for (const method of ["dispatcher:list", "ds_list"]) {
      const { result } = await ask(method, undefined, VIEWER);
      assert.deepEqual([result.PARTITIONS[0].name, result.PARTITIONS[0].SETS[0].id], ["default", "media"]);
      assert.deepEqual(result.PARTITIONS[0].SETS[0].Destinations[0], expected);
    }
    const { result } = await ask("ds_list", { full: 1 });
    assert.deepEqual(result.PARTITIONS[0].SETS[0].Destinations[0], { ...expected, weight: 1, priority: 0 });
  });

  it("set states by letter and by digit, by named and by listed parameters", async () => {
    const { ask, backend } = lab();
    const address = "sip:10.0.0.11:5060";
    const state = async () => (await ask("ds_list")).result.PARTITIONS[0].SETS[0].Destinations[0].state;
    assert.equal((await ask("ds_set_state", { state: "i", group: "media", address })).result, "OK");
    assert.equal(await state(), "Inactive");
    assert.equal((await ask("dispatcher:set_state", ["1", "default:media", address])).result, "OK");
    assert.equal(await state(), "Active");
    // What is inactive there is pinged by nobody, what is probing is.
    for (const [word, shown, own] of [
      ["p", "Probing", "inactive"],
      ["0", "Inactive", "disabled"],
      ["2", "Probing", "inactive"],
      ["i", "Inactive", "disabled"],
      ["a", "Active", "active"],
    ] as const) {
      assert.equal((await ask("ds_set_state", [word, "media", address])).result, "OK");
      assert.deepEqual([await state(), backend.destinations()[0]?.state], [shown, own], word);
    }
    assert.deepEqual((await ask("ds_set_state", ["a", "media", "sip:nobody"])).error, {
      code: 404,
      message: "destination not found",
    });
    assert.equal((await ask("ds_set_state", ["a", "media"])).error.code, -32_602);
    assert.equal((await ask("ds_set_state", ["x", "media", address])).error.code, 500);
  });

  it("list, resize and switch the destinations of the load balancer", async () => {
    const { ask, seen, passing } = lab();
    const expected = {
      uri: "sip:10.0.0.11:5060",
      id: 1,
      group: "media",
      enabled: "yes",
      "auto-reenable": "on",
      Resources: [
        { name: "pstn", max: 32, load: 3 },
        { name: "transc", max: 100, load: 0 },
      ],
    };
    for (const method of ["load_balancer:list", "lb_list"])
      assert.deepEqual((await ask(method, undefined, VIEWER)).result, { Destinations: [expected] });
    assert.equal((await ask("lb_resize", ["1", "pstn", 48])).result, "OK");
    const named = { destination_id: 1, res_name: "transc", new_capacity: 0 };
    assert.equal((await ask("load_balancer:resize", named)).result, "OK");
    assert.deepEqual(seen.changes, [
      { kind: "change", slot: 0, change: { resources: { pstn: 48 } } },
      { kind: "change", slot: 0, change: { resources: { transc: 0 } } },
    ]);
    assert.equal((await ask("ds_push_script_attrs", ["a=1", "10.0.0.11", 5060, "media"])).result, "OK");
    assert.deepEqual(passing, [true, true, true], "an operator may not write the file");
    assert.equal((await ask("lb_resize", ["1", "voicemail", 5])).error.code, 404);
    assert.equal((await ask("lb_resize", ["9", "pstn", 5])).error.code, 404);
    assert.equal((await ask("lb_resize", ["1", "pstn", "many"])).error.code, -32_602);
    assert.deepEqual((await ask("lb_status", ["1"], VIEWER)).result, { enable: "yes" });
    assert.equal((await ask("lb_status", ["1", "0"], VIEWER)).error.code, 403);
    assert.equal((await ask("lb_status", ["1", "0"])).result, "OK");
    assert.deepEqual((await ask("load_balancer:status", { id: 1 })).result, { enable: "no" });
    const [entry] = (await ask("lb_list")).result.Destinations;
    assert.deepEqual([entry.enabled, entry["auto-reenable"]], ["no", "off"]);
    assert.equal((await ask("lb_status", { id: "media1", status: 1 })).result, "OK");
    assert.equal((await ask("lb_status", ["1", "2"])).error.code, -32_602);
    assert.equal((await ask("lb_reload", [], VIEWER)).error.code, 403);
    assert.equal((await ask("load_balancer:reload")).result, "OK");
    assert.equal(seen.reloads, 1);
  });

  it("a number is one destination: its name comes first, and none is given out that is a name", async () => {
    const resources = { pstn: { capacity: 10, load: 0 } };
    const row = (slot: number, set: string, name: string, uri = `sip:10.0.1.${slot}`) => {
      return { slot, set, name, configured: name, uri, resources };
    };
    // Slot 4 would be number 5; two tables have a row 7, and two sets the same server.
    const [gateway, five] = [row(4, "1", "gw"), row(0, "1", "5")];
    const doubles = [row(1, "1", "7"), row(2, "2", "7"), row(3, "2", "b", "sip:10.0.1.1")];
    const { ask, states } = lab({}, "media", [gateway, five, ...doubles]);
    const { Destinations } = (await ask("lb_list")).result;
    assert.deepEqual(
      Destinations.map(({ id }: { id: number }) => id),
      [1_000_005, 5, 7, 7, 4],
    );
    const one = ["5", "1000005", "sip:10.0.1.2", "4", "b"];
    for (const id of one) assert.equal((await ask("lb_status", [id, "0"])).result, "OK");
    assert.deepEqual(states, [0, 4, 2, 3, 3]);
    const two = { code: 409, message: "2 destinations are 7" };
    assert.deepEqual((await ask("lb_status", ["7", "0"])).error, two);
    assert.deepEqual((await ask("lb_resize", ["7", "pstn", 5])).error, two);
    assert.equal((await ask("lb_status", ["sip:10.0.1.1", "0"])).error.code, 409);
    assert.equal(states.length, one.length);
  });

  it("show attributes, description and socket as the row of their tables has them", async () => {
    const attrs = { attrs: "class=gold;x=1", description: "first box", script_attrs: "seen=1" };
    const resources = { pstn: { capacity: 10, load: 0 } };
    const { ask } = lab({}, "1", [{ set: "1", attrs, resources, listener: "edge" }], EDGE);
    const shown = async (full: number) => (await ask("ds_list", { full })).result.PARTITIONS[0].SETS[0].Destinations[0];
    const expected = {
      URI: "sip:10.0.0.11:5060",
      state: "Active",
      first_hit_counter: 0,
      socket: "udp:127.0.0.1:5062",
      attr: "class=gold;x=1",
      script_attr: "seen=1",
      resolved_addresses: ["10.0.0.11:5060"],
    };
    assert.deepEqual(await shown(0), expected);
    assert.deepEqual(await shown(1), { ...expected, weight: 1, priority: 0, description: "first box" });
    const [member] = (await ask("lb_list")).result.Destinations;
    assert.equal(member.attrs, "class=gold;x=1");
    assert.deepEqual((await ask("lb_status", [String(member.id)])).result, { enable: "yes", attrs: "class=gold;x=1" });
    // A URI for a listener's name, and words of one's own.
    const own = { set: "1", attrs: { class: "gold", x: "1" }, resources, listener: "udp://127.0.0.1:5060" };
    const { Destinations } = (await lab({}, "1", [own]).ask("ds_list")).result.PARTITIONS[0].SETS[0];
    assert.deepEqual([Destinations[0].socket, Destinations[0].attr], ["udp:127.0.0.1:5060", "class=gold;x=1"]);
  });

  it("push a script's attributes to a destination by its address", async () => {
    const { ask, seen } = lab();
    assert.equal((await ask("ds_push_script_attrs", ["a=1", "10.0.0.11", 5060, "media"])).result, "OK");
    assert.deepEqual(seen.changes, [{ kind: "change", slot: 0, change: { attrs: { script_attrs: "a=1" } } }]);
    assert.equal((await ask("ds_push_script_attrs", ["a=1", "10.0.0.11", 5061, "media"])).error.code, 404);
    assert.equal((await ask("ds_push_script_attrs", ["a=1", "10.0.0.11"])).error.code, -32_602);
    assert.equal((await ask("ds_push_script_attrs", ["a=1", "10.0.0.11", 5060, "media"], VIEWER)).error.code, 403);
  });

  it("know the partitions of tables by the names of their sets", async () => {
    const { ask, seen } = lab({}, "edge.3");
    const { PARTITIONS } = (await ask("ds_list")).result;
    assert.deepEqual(
      PARTITIONS.map(({ name, SETS }: { name: string; SETS: { id: unknown }[] }) => [name, SETS.map(({ id }) => id)]),
      [
        ["default", []],
        ["edge", [3]],
      ],
    );
    assert.deepEqual((await ask("ds_list", { partition: "edge" })).result.PARTITIONS.length, 1);
    const address = "sip:10.0.0.11:5060";
    assert.equal((await ask("ds_set_state", ["i", "edge:3", address])).result, "OK");
    assert.equal((await ask("ds_set_state", ["i", "edge:4", address])).error.code, 404);
    assert.equal((await ask("ds_set_state", ["i", "3", address])).error.code, 404);
    assert.equal((await ask("ds_set_state", ["i", "core:3", address])).error.code, 404);
    assert.equal((await ask("ds_push_script_attrs", ["a=1", "10.0.0.11", 5060, 3, "edge"])).result, "OK");
    assert.equal(seen.changes.length, 1);
    assert.equal((await ask("ds_reload", { partition: "edge" })).result, "OK");
    assert.equal((await ask("ds_reload", { partition: "core" })).error.code, 404);
  });

  it("a viewer looks and changes nothing; what is no request of theirs is told so", async () => {
    const { ask, post, seen } = lab();
    assert.equal((await ask("ds_reload", {}, VIEWER)).error.code, 403);
    assert.equal((await ask("ds_set_state", ["i", "media", "sip:10.0.0.11:5060"])).result, "OK");
    assert.equal((await ask("ds_reload", {})).result, "OK");
    assert.equal(seen.reloads, 1);
    const state = async () => (await ask("ds_list")).result.PARTITIONS[0].SETS[0].Destinations[0].state;
    assert.equal(await state(), "Inactive");
    assert.equal((await ask("ds_reload", { inherit_state: "n" })).result, "OK");
    assert.equal(await state(), "Active");
    assert.equal((await ask("ds_reload", { inherit_state: "maybe" })).error.code, 400);
    assert.equal((await ask("dr_reload")).error.code, -32_601);
    assert.equal((await post("junk")).json().error.code, -32_700);
    assert.equal((await post('[{"jsonrpc":"2.0","method":"ds_list","id":1}]')).json().error.code, -32_600);
    assert.equal((await post('{"method":"ds_list","id":1}')).json().error.code, -32_600);
    assert.equal(
      (await post('{"jsonrpc":"2.0","method":"ds_list","params":{"full":{}},"id":1}')).json().error.code,
      -32_600,
    );
    assert.equal((await ask("__proto__")).error.code, -32_601);
  });

  it("are not there until the configuration turns them on, and never without tokens", async () => {
    assert.equal((await lab({ opensipsMi: false }).post("{}")).statusCode, 404);
    assert.equal((await lab({ tokens: [] }).post("{}")).statusCode, 404);
    assert.equal((await lab().post("{}", ADMIN, "/RPC")).statusCode, 404);
    assert.equal((await lab().post("{}", "nobodys-secret-0000")).statusCode, 401);
  });
});
