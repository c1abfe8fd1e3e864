// TLS on either side, bridged with UDP: whole calls, with requests in them from both ends.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { headerValues } from "../../src/ua/parsed-message.ts";
import { Authority, type Certificate } from "../kit/certificates.ts";
import { answering } from "../kit/destination.ts";
import { scenario } from "../kit/scenario.ts";

const PAIRS = [
  ["tls", "udp"],
  ["udp", "tls"],
  ["tls", "tls"],
] as const;

let authority: Authority;
let own: Certificate;
let theirs: Certificate;
before(async () => {
  authority = await Authority.make();
  own = await authority.issue();
  theirs = await authority.issue();
});
after(() => authority.close());

for (const forwarding of ["stateful", "stateless"] as const) {
  for (const [near, far] of PAIRS) {
    scenario(
      `a call from ${near} to ${far} is set up, changed and ended from both ends, ${forwarding}`,
      async (stage) => {
        const { lb, destination } = stage;
        const callee = destination(answering(200), { transport: far, tls: { ...theirs, ca: authority.ca } });
        const ca = await lb.file("ca.pem", authority.ca);
        await lb.dispatches(1, "hash-call-id", [callee], {}, { forwarding, ...(await lb.withTls(own, { ca })) });
        const proxy = near === "tls" ? { ...lb.address, port: lb.tlsPort } : lb.address;
        const phone = await stage.phone.another({ transport: near, proxy, tls: { ...theirs, ca: authority.ca } });
        const call = await phone.invites("sip:bob@example.com");
        assert.equal(call.status, 200);
        const invite = callee.heard("INVITE")[0]!;
        const [top] = headerValues(invite, "via");
        assert.match(top ?? "", far === "tls" ? /^SIP\/2\.0\/TLS / : /^SIP\/2\.0\/UDP /);
        assert.equal(headerValues(invite, "record-route").length, near === far ? 1 : 2);
        await callee.hears("ACK");
        assert.equal(await call.reinvite(), 200);
        const session = (await callee.call()).session;
        assert.equal((await session.request("INFO"))?.status, 200);
        assert.equal((await session.bye())?.status, 200);
        const second = await phone.invites("sip:bob@example.com");
        assert.equal(await second.bye(), 200);
        if (near === "tls") assert.equal(phone.agent.streams.accepted, 0, "all of it over the phone's own connection");
        if (far === "tls") assert.equal(callee.agent.streams.accepted, 1, "one connection serves all of it");
      },
    );
  }
}
