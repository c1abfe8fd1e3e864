// How requests to a name are shared among the servers of its SRV records.
// Runs alone: it sends ten thousand requests.
import assert from "node:assert/strict";
import { askOften, namedConfig, srvZone, withDns } from "../kit/dns-names.ts";
import { scenario } from "../kit/scenario.ts";

scenario(
  "10,000 requests to a name with SRV records 10/60, 10/40 and 20/0 are split 60:40, the third has none",
  { io: "batched", limit: 180_000 },
  ({ lb, phone, destination }) =>
    withDns(async (dns) => {
      const servers = [destination.answers(200), destination.answers(200), destination.answers(200)];
      for (const { opened } of servers) await opened;
      dns.zone = srvZone(servers, [
        [10, 60],
        [10, 40],
        [20, 0],
      ]);
      // Nothing but the algorithm is to move a request: a busy machine answers late.
      await lb.runs(namedConfig(dns, { failover: { answer_within: "20s" }, passive: { failures: 0 } }));
      await askOften(phone, 10_000, 20);
      const counts = servers.map((server) => server.heard("OPTIONS").length);
      console.log(
        `SRV 60:40: ${counts[0]} of 10000 to the first, ${counts[1]} to the second, ${counts[2]} to the third`,
      );
      assert.ok(Math.abs(counts[0]! - 6_000) <= 200 && Math.abs(counts[1]! - 4_000) <= 200, counts.join());
      assert.equal(counts[2], 0);
      // The first one is killed: what it would have got goes to the second, none is lost, the standby has none.
      await servers[0]!.close();
      await askOften(phone, 200, 20);
      const after = servers.map((server) => server.heard("OPTIONS").length);
      console.log(`SRV, first server killed: ${after[1]! - counts[1]!} of 200 requests answered by the second`);
      assert.deepEqual([after[1]! - counts[1]!, after[2]], [200, 0]);
    }),
);
