// Real phones behind the balancer, a real registrar behind that: baresip registers at Kamailio through Fairlead, and calls go
// from phone to balancer to registrar to balancer to phone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Authority } from "../kit/certificates.ts";
import { LoadBalancer } from "../kit/lb.ts";
import { Baresip, whyNoBaresip } from "./baresip.ts";
import { whyNoKamailio } from "./kamailio.ts";
import { PASSWORD, Registrar } from "./registrar.ts";

const TRANSPORTS = ["udp", "tcp", "tls"] as const;

for (const transport of TRANSPORTS) {
  const skip = whyNoBaresip() || whyNoKamailio();
  test(`baresip registers at Kamailio and calls baresip, both over ${transport}`, {
    skip,
    timeout: 120_000,
  }, async () => {
    const lb = await LoadBalancer.prepare(process.platform === "linux" ? "batched" : "portable");
    const registrar = await Registrar.start();
    const authority = await Authority.make();
    const phones: Baresip[] = [];
    let complaint = "";
    try {
      const routes = [{ method: "REGISTER", set: "registrars", path: "always", key: "to" }, { set: "registrars" }];
      const sets = { registrars: { algorithm: "hash-call-id", destinations: [registrar.uri], probe: false } };
      await lb.runs({ sets, routes, ...(await lb.withTls(await authority.issue())) });
      const proxy = `sip:127.0.0.1:${transport === "tls" ? lb.tlsPort : lb.address.port};transport=${transport}`;
      const config = `sip_cafile ${authority.file}`;
      for (const user of ["alice", "bob"])
        phones.push(await Baresip.start({ user, password: PASSWORD, proxy, config }));
      const [alice, bob] = phones as [Baresip, Baresip];
      for (const phone of phones) await phone.isRegistered();
      let calls = 0;
      const taken = new Map<Baresip, number>();
      for (const [caller, callee, name] of [
        [alice, bob, "bob"],
        [bob, alice, "alice"],
      ] as const) {
        for (const whoEnds of [caller, callee]) {
          calls++;
          caller.does("dial", `sip:${name}@example.com`);
          await callee.tells("CALL_INCOMING", (taken.get(callee) ?? 0) + 1);
          taken.set(callee, (taken.get(callee) ?? 0) + 1);
          callee.does("accept");
          await caller.tells("CALL_ESTABLISHED", calls);
          await callee.tells("CALL_ESTABLISHED", calls);
          whoEnds.does("hangup");
          await caller.tells("CALL_CLOSED", calls);
          await callee.tells("CALL_CLOSED", calls);
        }
      }
      const flows = await lb.metric("flows_followed_total");
      console.log(`baresip over ${transport}: ${calls} of 4 calls set up and ended, ${flows} requests over flows`);
      assert.ok(flows >= calls);
      assert.equal(await lb.metric("stream_opened_total"), transport === "udp" ? 0 : phones.length);
    } catch (error) {
      const logs = phones.map(({ log }) => `\n--- baresip\n${log}`).join("");
      const tails = `\n--- fairlead\n${lb.process?.tail()}\n--- kamailio\n${registrar.log}`;
      if (error instanceof Error) error.message += logs + tails;
      throw error;
    } finally {
      for (const phone of phones) await phone.stop();
      complaint = await lb.end();
      await registrar.stop();
      await authority.close();
    }
    assert.equal(complaint, "");
  });
}
