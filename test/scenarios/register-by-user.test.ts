import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";

scenario("all registrations of one user go to one registrar, users are spread", async ({ lb, phone, destination }) => {
  const servers = [destination.answers(200), destination.answers(200)];
  const routes = [{ method: "REGISTER", set: "1", key: "to" }, { set: "1" }];
  await lb.dispatches(1, "hash-call-id", servers, {}, { routes });
  const total = (): number[] => servers.map((server) => server.heard("REGISTER").length);
  for (let user = 0; user < 16; user++) {
    const before = total();
    for (let i = 0; i < 3; i++) {
      const to = `<sip:user${user}@example.com>`;
      assert.equal(await phone.requests("REGISTER", "sip:example.com", { to }), 200);
    }
    const got = total().map((count, index) => count - before[index]!);
    assert.deepEqual(got.sort(), [0, 3]);
  }
  for (const count of total()) assert.ok(count > 0, "both registrars have users");
});
