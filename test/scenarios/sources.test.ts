// Who may send what: a listener's `allow` and a route's `source` hold for every method and over every transport.
import assert from "node:assert/strict";
import { headerOf } from "../../src/ua/parsed-message.ts";
import { formatPeer } from "../../src/ua/transport.ts";
import { scenario } from "../kit/scenario.ts";
import { holds, until } from "../kit/wait.ts";

const METHODS = ["INVITE", "ACK", "CANCEL", "BYE", "PRACK", "OPTIONS", "REGISTER", "MESSAGE", "NONSENSE"];
const NOWHERE = "phone.invalid";

/** One request of each method, and some that pretend to be in a dialog. */
function requests(transport: string, to: string): string[] {
  const viaName = transport.toUpperCase();
  const one = (method: string, tag: string): string =>
    `${method} sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/${viaName} ${NOWHERE};rport;branch=z9hG4bK-${method}${tag.length}\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>${tag}\r\n` +
    `Call-ID: ${method}${tag.length}${to}\r\nCSeq: 1 ${method}\r\nContact: <sip:a@${NOWHERE}>\r\nContent-Length: 0\r\n\r\n`;
  return METHODS.flatMap((method) => [one(method, ""), one(method, ";tag=made-up")]);
}

for (const transport of ["udp", "tcp", "ws"] as const) {
  scenario(`allow and source hold over ${transport} for every method, ACK and CANCEL included`, async (stage) => {
    const { lb, destination } = stage;
    const server = destination.answers(200);
    const peer = formatPeer(lb.address);
    const own = (allow: readonly string[]) => [
      ...(transport === "udp" ? [] : [`udp://${peer}`]),
      { uri: `${transport}://${peer}`, ...(allow.length === 0 ? {} : { allow }) },
    ];
    await lb.dispatches(1, "hash-call-id", [server], {}, { listeners: own(["127.0.0.9"]) });
    const phone = await stage.phone.another(transport === "ws" ? { transport, sentBy: NOWHERE } : { transport });
    const all = requests(transport, "a");
    for (const text of all) phone.raw(text);
    await lb.untilMetric("dropped_total", all.length, { reason: "not_allowed" });
    // A block in the words of IPv6 means the same addresses.
    const routes = [{ source: ["::ffff:127.0.0.0/120"], drop: true }, { set: "1" }];
    await lb.dispatches(1, "hash-call-id", [server], {}, { listeners: own([]), routes });
    for (const text of requests(transport, "b")) phone.raw(text);
    await until(
      "all to be dropped",
      async () => (await lb.metric("dropped_total", { reason: "by_route" })) >= all.length,
    );
    await holds("silence", () => phone.received().length === 0 && server.requests().length === 0, 300);
    await lb.dispatches(1, "hash-call-id", [server], {}, { listeners: own(["127.0.0.0/24"]) });
    phone.raw(requests(transport, "c")[METHODS.indexOf("OPTIONS") * 2]!);
    await phone.hears("the answer", ({ status }) => status === 200);
    assert.equal(headerOf(server.requests("OPTIONS")[0]!, "call-id"), "OPTIONS0c");
  });
}
