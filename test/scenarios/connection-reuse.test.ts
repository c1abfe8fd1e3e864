// A destination that has connected to us and offers its connection (RFC 5923): nobody listens at its port, so whatever reaches it came over that.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import { Authority, type Certificate } from "../kit/certificates.ts";
import { reservePort } from "../kit/port.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

let authority: Authority;
let own: Certificate;
let sbc: Certificate;
before(async () => {
  authority = await Authority.make();
  [own, sbc] = await Promise.all([
    authority.issue({ names: ["DNS:lb.example.com"] }),
    authority.issue({ names: ["DNS:sbc.example.com"] }),
  ]);
});
after(() => authority.close());

/** Answers everything that comes over a connection: calls are refused as busy. What has come is kept. */
function answers(socket: TLSSocket): string[] {
  const heard: string[] = [];
  let rest = "";
  socket.on("data", (data) => {
    rest += data.toString("latin1");
    for (let end = rest.indexOf("\r\n\r\n"); end >= 0; end = rest.indexOf("\r\n\r\n")) {
      const message = rest.slice(0, end + 4);
      rest = rest.slice(end + 4);
      heard.push(message);
      const kept = message.match(/^(?:Via|From|To|Call-ID|CSeq):.*\r\n/gim) ?? [];
      const status = { OPTIONS: "200 OK", INVITE: "486 Busy Here" }[message.slice(0, message.indexOf(" "))];
      if (status !== undefined) socket.write(`SIP/2.0 ${status}\r\n${kept.join("")}Content-Length: 0\r\n\r\n`);
    }
  });
  return heard;
}

scenario("probes and calls go over the connection that a destination has made, until that is gone", async (stage) => {
  const { lb, phone } = stage;
  const { port, release } = await reservePort();
  const ca = await lb.file("ca.pem", authority.ca);
  const profile = { ca, client_certificate: "require", connection_reuse: true };
  const destination = { uri: `sip:127.0.0.1:${port};transport=tls`, server_name: "sbc.example.com", name: "sbc" };
  const probe = { every: "200ms", timeout: "5s", down_after: 1, up_after: 1 };
  await lb.runs({
    ...(await lb.withTls(own, profile)),
    sets: { 1: { algorithm: "round-robin", probe, destinations: [destination] } },
  });
  const isUp = async (): Promise<boolean> => (await lb.metric("destination_up", { destination: "sbc" })) === 1;
  await until("it to be down", async () => !(await isUp()));
  const socket = connect({ host: "127.0.0.1", port: lb.tlsPort, rejectUnauthorized: false, ...sbc });
  socket.on("error", () => undefined);
  const heard = answers(socket);
  try {
    socket.write(
      `OPTIONS sip:${lb.address.address} SIP/2.0\r\nVia: SIP/2.0/TLS sbc.example.com:${port};branch=z9hG4bK1;alias\r\n` +
        "Max-Forwards: 70\r\nFrom: <sip:sbc.example.com>;tag=1\r\nTo: <sip:lb.example.com>\r\nCall-ID: 1\r\n" +
        "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
    );
    await until("it to be up", isUp);
    assert.equal((await phone.invites("sip:bob@example.com")).status, 486);
    const invite = heard.find((message) => message.startsWith("INVITE"));
    assert.match(invite ?? "", /^Via: SIP\/2\.0\/TLS [^\r]*;alias\r\n/m);
    assert.equal(await lb.metric("stream_aliases_total"), 1);
    assert.equal(await lb.metric("stream_opened_total", { by: "us" }), 0);
    socket.destroy();
    await until("it to be down again", async () => !(await isUp()));
  } finally {
    socket.destroy();
    release();
  }
});
