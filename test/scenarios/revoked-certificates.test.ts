// Revocation lists in force: they come with a reload, close nothing, and a list that would let nobody in is refused by name.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import { Authority, type Certificate } from "../kit/certificates.ts";
import type { LoadBalancer } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

let authority: Authority;
let own: Certificate;
let partner: Certificate;
before(async () => {
  authority = await Authority.make();
  [own, partner] = [await authority.issue(), await authority.issue()];
});
after(() => authority.close());

const OPTIONS =
  "OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TLS 10.9.9.9:5070;branch=z9hG4bK1;rport\r\nMax-Forwards: 70\r\n" +
  "From: <sip:a@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

/** Asks something with the partner's certificate; the status of the answer, 0 where the connection was closed instead. */
async function asks(lb: LoadBalancer, socket: TLSSocket = comes(lb)): Promise<number> {
  let received = "";
  socket.on("data", (bytes) => {
    received += String(bytes);
  });
  socket.write(OPTIONS.replaceAll("K1;", `K${Math.random()}`.replace(".", "").concat(";")));
  await until("an answer or the end", () => received.includes("\r\n\r\n") || socket.destroyed);
  return Number(/^SIP\/2\.0 (\d{3})/.exec(received)?.[1] ?? 0);
}

function comes(lb: LoadBalancer): TLSSocket {
  const socket = connect({ host: "127.0.0.1", port: lb.tlsPort, ca: authority.ca, ...partner });
  return socket.on("error", () => {});
}

scenario("a list takes force with a reload, and one that has run out does not", { io: "batched" }, async (stage) => {
  const { lb, destination } = stage;
  await lb.file("ca.pem", authority.ca);
  const list = async (revoked: readonly Certificate[], days = 7): Promise<void> => {
    await lb.file("revoked.crl", await authority.revokes(revoked, days));
  };
  await list([]);
  const profile = { ca: "ca.pem", crl: "revoked.crl", client_certificate: "require" };
  await lb.dispatches(1, "priority", [destination.answers(200)], {}, await lb.withTls(own, profile));
  const early = comes(lb);
  assert.equal(await asks(lb, early), 200);
  assert.ok((await lb.metric("tls_crl_expiry_seconds")) > Date.now() / 1000 + 6 * 86_400);
  await list([], -1);
  await assert.rejects(lb.reload(), /revoked\.crl: revocation list 1 of 1 ran out on/);
  assert.equal(await asks(lb), 200, "the one before stays in force");
  await list([partner]);
  await lb.reload();
  assert.equal(await asks(lb), 0);
  await lb.untilMetric("stream_closed_total", 1, { reason: "unverified_client" });
  assert.equal(await asks(lb, early), 200, "whoever is connected stays");
  early.destroy();
});
