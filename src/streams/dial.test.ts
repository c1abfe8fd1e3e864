// Connections that begin with a header before TLS.
import { createServer } from "node:net";
import { test } from "node:test";
import { promisify } from "node:util";
import { until } from "../../test/kit/wait.ts";
import type { TlsProfile } from "../bridge/tls-state.ts";
import { portOf, SecureBench } from "./testing/secure-bench.ts";

const PROFILE: TlsProfile = {
  name: "default",
  certificates: [],
  ca: "",
  crl: [],
  clientCertificate: "none",
  connectionReuse: false,
  verify: true,
  minimumVersion: "TLSv1.2",
  ciphers: "",
};

test("what is given up before TLS has begun behind a header of ours leaves no connection", async (t) => {
  const identities = ["", "media.example.com"].map((host) => ({ profile: 0, host }));
  const bench = new SecureBench({ profiles: [PROFILE], listeners: [-1, 0], identities });
  let heard = "";
  let closed = 0;
  const server = createServer((socket) => {
    socket.on("data", (bytes) => {
      heard += bytes.toString("latin1");
    });
    socket.on("error", () => undefined).on("close", () => closed++);
  });
  const port = await portOf(server);
  t.after(() => server.close());
  const options = { host: "127.0.0.1", port };
  for (const wait of [0, 100]) {
    const socket = bench.secure.connect(1, options, () => undefined, Buffer.from("HEADER"));
    socket?.on("error", () => undefined);
    if (wait > 0) await until("the header, and TLS behind it", () => heard.startsWith("HEADER\x16\x03"));
    socket?.destroy();
  }
  await until("it to be closed", () => closed > 0);
  const count = promisify(server.getConnections.bind(server));
  await until("no connection", async () => (await count()) === 0);
});
