// Whose calls are on a destination, asked a page at a time while they go on.
import assert from "node:assert/strict";
import { AdminClient } from "../../src/admin/client.ts";
import { scenario } from "../kit/scenario.ts";

scenario(
  "every call of a destination is listed once, with its caller and its age, and none that is over",
  async (stage) => {
    const { lb, phone, destination } = stage;
    const [server, other] = [destination.answers(200), destination.answers(200)];
    const named = [
      { to: server, name: "server" },
      { to: other, name: "other" },
    ];
    await lb.dispatches("media", "round-robin", named);
    const client = new AdminClient(lb.adminUrl);
    const calls = await Promise.all(Array.from({ length: 10 }, () => phone.invites("sip:bob@example.com")));
    const listed = async (limit: number) => {
      const found = [];
      let after = "";
      for (let pages = 0; pages < 30; pages++) {
        const page = await client.callsOf("media", "server", after, limit);
        assert.ok(page.calls.length <= limit);
        assert.deepEqual(page.missing, []);
        found.push(...page.calls);
        if (page.next === null) return found;
        after = page.next;
      }
      throw new Error("the list has no end");
    };
    const all = await listed(1000);
    assert.equal(all.length, 5);
    assert.deepEqual(await listed(2).then((found) => found.length), 5);
    for (const { destination: name, state, age_s, caller, session_s } of all) {
      assert.deepEqual([name, state, session_s], ["server", "talking", null]);
      assert.ok(age_s >= 0 && age_s < 60, `${age_s} s`);
      assert.match(caller, /^127\.0\.0\.1:\d+$/);
    }
    for (const call of calls) assert.equal(await call.bye(), 200);
    assert.deepEqual(await listed(2), []);
    for (const query of ["after=yesterday", "limit=0", "limit=1001", "before=x"])
      assert.equal((await lb.admin("GET", `/destinations/media/server/calls?${query}`)).status, 400);
    assert.equal((await lb.admin("GET", "/destinations/media/nobody/calls")).status, 404);
  },
);
