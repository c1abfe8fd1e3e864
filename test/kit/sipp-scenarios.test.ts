// The scenarios for SIPp against a bare socket: a call that fails in a test with the balancer is then the balancer's.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Sipp, whyNoSipp } from "./sipp.ts";
import { routingServer } from "./sipp-scenarios.ts";
import { until } from "./wait.ts";

test("a server of ours repeats its 200 until the ACK, whatever the INVITE does, and answers the BYE", {
  skip: whyNoSipp(),
}, async () => {
  const server = await Sipp.server({ scenario: routingServer() });
  const socket = createSocket("udp4");
  try {
    const heard: string[] = [];
    socket.on("message", (bytes) => {
      const [, status, method] = /^SIP\/2\.0 (\d+).*^CSeq: \d+ (\w+)/ms.exec(bytes.toString("latin1")) ?? [];
      heard.push(`${status} ${method}`);
    });
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const { port } = socket.address();
    const send = (method: string, cseq: number) => {
      const lines = [
        `${method} ${server.uri} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${method}`,
        "From: <sip:alice@example.com>;tag=1",
        `To: <sip:bob@example.com>${method === "INVITE" ? "" : ";tag=2"}`,
        "Call-ID: again@example.com",
        `CSeq: ${cseq} ${method}`,
        `Contact: <sip:alice@127.0.0.1:${port}>`,
        "Max-Forwards: 70",
        "Content-Length: 0",
      ];
      socket.send(`${lines.join("\r\n")}\r\n\r\n`, server.port, "127.0.0.1");
    };
    const times = (what: string) => heard.filter((each) => each === what).length;
    send("INVITE", 1);
    await until("the 200", () => times("200 INVITE") >= 1);
    send("INVITE", 1);
    await until("its repetition", () => times("200 INVITE") >= 2);
    send("INVITE", 1);
    await until("another one", () => times("200 INVITE") >= 3);
    const said = times("200 INVITE");
    send("ACK", 1);
    // Its next repetition would come two seconds after the last one.
    await pause(2500);
    send("BYE", 2);
    await until("the answer to the BYE", () => times("200 BYE") === 1);
    assert.equal(times("200 INVITE"), said);
    assert.equal(server.errors(), "");
  } finally {
    socket.close();
    await server.end();
  }
});
