// Certificates that their authority has revoked open no connection, neither theirs to us nor ours to them.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import { Authority, type Certificate } from "../../test/kit/certificates.ts";
import { until } from "../../test/kit/wait.ts";
import { RecordKind } from "../bridge/handoff.ts";
import type { TlsState } from "../bridge/tls-state.ts";
import { portOf, SecureBench } from "./testing/secure-bench.ts";

let authority: Authority;
let own: Certificate;
let good: Certificate;
let revoked: Certificate;
let crl: string;
before(async () => {
  authority = await Authority.make();
  own = await authority.issue();
  good = await authority.issue();
  revoked = await authority.issue();
  crl = await authority.revokes([revoked]);
});
after(() => authority.close());

function stateOf(lists: readonly string[], clientCertificate: "none" | "request" | "require"): TlsState {
  const profile = {
    name: "default",
    certificates: [{ ...own, passphrase: "", names: [] }],
    ca: authority.ca,
    crl: lists,
    clientCertificate,
    connectionReuse: false,
    verify: true,
    minimumVersion: "TLSv1.2",
    ciphers: "",
  } as const;
  return {
    profiles: [profile],
    listeners: [-1, 0],
    identities: ["", "127.0.0.1"].map((host) => ({ profile: 0, host })),
  };
}

/** Connects with this certificate; the socket. */
async function comes(port: number, certificate: Certificate, servername = ""): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port, servername, rejectUnauthorized: false, ...certificate });
  socket.on("error", () => {});
  await Promise.race([once(socket, "secureConnect"), once(socket, "close")]);
  return socket;
}

for (const asked of ["request", "require"] as const) {
  test(`a client whose certificate is revoked is not let in (client_certificate: ${asked}), from the reload on`, async (t) => {
    const bench = new SecureBench(stateOf([], asked));
    const { server, port } = await bench.listens();
    t.after(() => server.close());
    const early = await comes(port, revoked);
    await until("the early one", () => bench.count("accepted") === 1);
    bench.secure.adopt(stateOf([crl], asked));
    const late = await comes(port, revoked);
    if (!late.destroyed) await once(late, "close");
    assert.equal(bench.count("unverified_client"), 1);
    assert.match(bench.faults.join(), /^unverified_client: .*CERT_REVOKED|revoked/);
    const fine = await comes(port, good);
    await until("the good one", () => bench.count("accepted") === 2);
    assert.equal(early.destroyed, false, "whoever is connected stays");
    for (const socket of [early, fine]) socket.destroy();
  });
}

test("a destination whose certificate is revoked gets nothing", async (t) => {
  const bench = new SecureBench(stateOf([crl], "none"));
  for (const [certificate, kind] of [
    [revoked, RecordKind.unreachable],
    [good, null],
  ] as const) {
    let received = "";
    const server = createServer({ ...certificate }, (socket) => {
      socket
        .on("error", () => {})
        .on("data", (bytes) => {
          received += String(bytes);
        });
    });
    server.on("tlsClientError", () => {});
    t.after(() => server.close());
    bench.send("OPTIONS sip:a@b SIP/2.0\r\n\r\n", await portOf(server), 1);
    if (kind === null) await until("the request", () => received.startsWith("OPTIONS "));
    else {
      assert.equal((await bench.next()).kind, kind);
      assert.deepEqual([received, bench.count("unverified")], ["", 1]);
    }
  }
  bench.connections.leave();
});
