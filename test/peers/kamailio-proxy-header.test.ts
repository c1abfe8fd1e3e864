// What Kamailio makes of the header that we send: a reader of the PROXY protocol that is not ours.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { reservePort } from "../kit/port.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";
import { flagsOf, KAMAILIO, whyNoKamailio } from "./kamailio.ts";

/** It answers everything with the source that it believes in, and takes no connection without a header. */
function script(port: number, directory: string): string {
  return `debug=0
log_stderror=yes
fork=yes
children=1
tcp_children=1
tcp_accept_haproxy=yes
listen=tcp:127.0.0.1:${port}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "sl.so"
loadmodule "pv.so"
request_route {
  $var(source) = $si + " " + $sp;
  sl_send_reply("200", "$var(source)");
}
# ${directory}
`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

const why = whyNoKamailio();
if (why !== false) test("Kamailio behind us knows each caller by its own address", { skip: why }, () => undefined);
else
  scenario("Kamailio behind us knows each caller by its own address", { io: "batched" }, async ({ lb, phone }) => {
    const directory = mkdtempSync(join(tmpdir(), "fairlead-kamailio-"));
    const { port, release } = await reservePort();
    writeFileSync(join(directory, "kamailio.cfg"), script(port, directory));
    const kamailio = spawn(KAMAILIO, ["-E", ...flagsOf(directory)], { stdio: "ignore" });
    try {
      await until("Kamailio", () => accepts(port));
      const destinations = [{ uri: `sip:127.0.0.1:${port};transport=tcp`, proxy_protocol: "v2" }];
      await lb.runs({ ...lb.bothTransports, sets: { kamailio: { probe: { every: "1s" }, destinations } } });
      const addresses = ["127.0.0.1", "127.0.0.51", "127.0.0.52"];
      const callers = await Promise.all(addresses.map((address) => phone.another({ address })));
      for (const caller of callers) {
        const { address, port: from } = caller.agent.local;
        const answer = await caller.agent.request("OPTIONS", "sip:kamailio.test");
        // Kamailio 5.6 takes the bytes of the port in the order of its machine.
        const turned = ((from & 0xff) << 8) | (from >> 8);
        assert.ok(
          [from, turned].some((one) => answer?.reason === `${address} ${one}`),
          `${answer?.reason}, not ${address} ${from}`,
        );
      }
      console.log(`callers behind us that Kamailio knows by their own address: ${callers.length} of ${callers.length}`);
    } finally {
      const gone = new Promise((resolve) => kamailio.once("exit", resolve));
      kamailio.kill("SIGTERM");
      await gone;
      release();
      rmSync(directory, { recursive: true, force: true });
    }
  });
