// The hand-made messages: each tied to a weakness that some product had. Outcomes, and what must never happen.
import assert from "node:assert/strict";
import { test } from "node:test";
import { headerOf, parseMessage } from "../../src/ua/parsed-message.ts";
import { readCase, readVerdicts, skip } from "./corpora.ts";
import { faultsOfForwarded } from "./faults.ts";
import { Ground } from "./ground.ts";
import { allowedFor } from "./handmade-outcomes.ts";
import { handmadeOutcomes } from "./stream-outcomes.ts";

/** What a forwarded message has to look like, beyond what holds for all. */
const FORWARDED: Readonly<Record<string, (text: string, bytes: Buffer) => boolean>> = {
  "cl-leading-zeros": (_, bytes) => parseMessage(bytes)?.body.toString() === "hello",
  "cl-short-trailing": (text) => text.endsWith("\r\n\r\nhel"),
  "mf-missing": (text) => text.includes("\r\nMax-Forwards: 70\r\n"),
  "mf-one": (text) => text.includes("\r\nMax-Forwards: 0\r\n"),
  "mf-leading-zero": (text) => text.includes("\r\nMax-Forwards: 69\r\n"),
  "mf-256": (text) => /\r\nMax-Forwards: (?:255|70)\r\n/.test(text),
  "spoofed-received": (text) => text.includes(";received=127.0.26.") && !text.includes("received=198.51.100.7"),
  "xff-like": (text) => !/asserted/i.test(text) && text.includes("\r\nX-Forwarded-For: 10.0.0.1\r\n"),
  "path-injection": (text) => !/\r\nPath/i.test(text),
  "service-route": (text) => !/Service-Route/i.test(text),
  "spoofed-rport": (text) => /;rport=\d/.test(text) && !/rport=53\b/.test(text),
};
/** What a careful operator writes: calls to the own domain and the own address are served, and nothing else. */
const CAREFUL = {
  routes: [
    { request_uri: "*@lb.test", set: "1" },
    { request_uri: "*@127.0.0.1", set: "1" },
    { name: "everything else", reject: { status: 404 } },
  ],
  protected_headers: ["P-Asserted-Identity", "Path", "Service-Route"],
  // A datagram beyond this would be cut into more than forty pieces, of which none may be lost.
  limits: { request_bytes: "60KiB" },
};
const ANSWERED: Readonly<Record<string, (header: (name: string) => string) => boolean>> = {
  "require-proxy-unknown": (header) => header("unsupported") === "foo",
};

for (const [place, forwarding, wire] of [
  [8, "stateful", "udp"],
  [10, "stateless", "udp"],
  [12, "stateful", "tcp"],
  [22, "stateful", "ws"],
] as const) {
  const limits = { skip, timeout: 80_000 };
  test(`hand-made messages: nothing happens that must not [${forwarding}, ${wire}]`, limits, async () => {
    const cases = readVerdicts<{ group: string; name: string }>("handmade/expectations.json");
    const ground = await Ground.open({ place, forwarding, wire, config: () => CAREFUL });
    const bad: string[] = [];
    try {
      for (const { group, name } of cases) {
        const bytes = readCase(`handmade/${group}/${name}.raw`);
        const complain = (text: string) => bad.push(`${group}/${name}: ${text}`);
        const { code, forwarded, replies } = await ground.tries(bytes);
        const allowed = handmadeOutcomes(wire, name) ?? allowedFor(group, name, forwarding);
        if (!allowed.includes(code)) complain(`${code}, allowed ${allowed.join(" ")}`);
        if (forwarded.length > 1) complain(`forwarded ${forwarded.length} times`);
        for (const one of forwarded) {
          const faults = faultsOfForwarded(one, bytes);
          if (faults.length > 0) complain(`forwarded with ${faults.join(", ")}`);
          if (group === "routing-abuse" && /\r\nRoute/i.test(one.toString("latin1")))
            complain("forwarded with a Route");
          if (FORWARDED[name]?.(one.toString("latin1"), one) === false)
            complain(`forwarded as\n${one.toString("latin1")}`);
        }
        for (const reply of replies) {
          if (ANSWERED[name]?.((header) => headerOf(reply, header)) === false) complain(`answered ${reply.raw}`);
          const growth = reply.raw.length - bytes.length;
          if (code !== "F" && growth > 200) complain(`an answer ${growth} bytes longer than the request`);
        }
      }
      await ground.addsUp();
    } finally {
      await ground.close();
    }
    const within = cases.length - new Set(bad.map((text) => text.split(":")[0])).size;
    console.log(
      `hand-made messages, ${forwarding}, ${wire}: ${within} of ${cases.length} within their allowed outcomes`,
    );
    assert.deepEqual(bad, []);
    assert.equal(cases.length, 142);
  });
}
