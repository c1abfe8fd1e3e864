import assert from "node:assert/strict";
import { test } from "node:test";
import { configOf } from "../../control/testing/config.ts";
import { explain } from "../../explain/explain.ts";
import { fileMessage } from "../../explain/message-text.ts";
import { setStage } from "../../explain/stage.ts";
import { fakeIo, NO_OPTIONS } from "../io-fake.ts";
import { readConfiguration } from "../open.ts";
import { formatProblem } from "../problem.ts";

const HEAD = "listeners: [udp://127.0.0.1:5060]\nsets:\n  media:\n    destinations: [sip:127.0.0.2]\n";

function faults(set: string, rest = ""): string {
  const files = fakeIo({ "/f.yaml": `${HEAD}${set}${rest}` });
  const { problems } = readConfiguration(["/f.yaml"], NO_OPTIONS, files);
  return problems
    .filter(({ severity }) => severity === "error")
    .map(formatProblem)
    .join("\n");
}

test("a key that cannot be meant is told with its place, and what it can be made of", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["{from.usr}", /f\.yaml:6:10: error: there is no \{from\.usr\} \(call-id, from, .*\{from\.user\}/],
    ["form", /the key is the same for every message: did you mean "from"\?/],
    ["always", /the key is the same for every message/],
    ["{from.user", /"\{" stands alone in/],
    ["$fx", /the variable \$fx is not known/],
    ["$hdr(X Y)", /there is no \{header:X Y\}/],
    ["{header:}", /there is no \{header:\}/],
    ["{to}".repeat(33), /the key has 33 parts, at most 32 are possible/],
  ];
  for (const [key, expected] of cases) assert.match(faults(`    algorithm: hash-key\n    key: "${key}"\n`), expected);
  const route = '    algorithm: hash-to\nroutes: [{set: media, key: "{nobody}"}]\n';
  assert.match(faults(route), /f\.yaml:6:\d+: error: there is no \{nobody\}/);
});

test("a key goes with algorithms that hash, and hash-key and kamailio:7 do not go without", () => {
  assert.match(faults('    key: "{from.user}"\n'), /round-robin does not look at a key \(algorithm: hash-key\)/);
  assert.match(faults("    algorithm: kamailio:10\n    key: from\n"), /kamailio:10 does not look at a key/);
  for (const name of ["hash-key", "kamailio:7", "opensips:7"])
    assert.match(faults(`    algorithm: "${name}"\n`), /hashes what `key` says, and there is none/);
  assert.equal(faults('    algorithm: consistent-hash\n    key: "$fU@$hdr(X-Account)"\n'), "");
});

test("every part of a key is the part of the message that it names", () => {
  const parts: readonly (readonly [string, string])[] = [
    ["{call-id}", "77@there"],
    ["{method}", "INVITE"],
    ["{from}|{from.user}|{from.host}", "sip:ann@example.com:5070;x=1|ann|example.com"],
    ["{to}|{to.user}|{to.host}", "sips:bob@[2001:db8::7]|bob|[2001:db8::7]"],
    ["{request-uri}|{request-uri.user}|{request-uri.host}", "sip:22;phone-context=+1@gw;y|22;phone-context=+1|gw"],
    ["{source}:{source.port} {listener}", "192.0.2.7:5062 10.9.9.1:5060"],
    ["[{header:x-account}] {header:User-Agent}", "[a 1,  b] Phone/1"],
    ["{auth-user}", "carol"],
    ["$fU@$hdr(X-None)-$au", "ann@<null>-carol"],
    ["{header:X-None}{header:Subject}", ""],
    ["$(hdr(X-Account)) $(hdr(X-None)) $(fU)", "a 1,  b <null> ann"],
    ["$ou|$oU|$od", "sip:22;phone-context=+1@gw;y|22;phone-context=+1|gw"],
    ["$ft $cs $Ri:$Rp $ct", "1 71 10.9.9.1:5060 <sip:ann@192.0.2.7>"],
    ["$rP $rz|{request-uri.transport} {request-uri.scheme}", "UDP sip| sip"],
    ["{from.tag} {cseq} {listener.host}:{listener.port}", "1 71 10.9.9.1:5060"],
  ];
  const wire = [
    "INVITE sip:22;phone-context=+1@gw;y SIP/2.0",
    "Via: SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bKx",
    "From: Ann <sip:ann@example.com:5070;x=1>;tag=1",
    "To: <sips:bob@[2001:db8::7]>",
    "Call-ID: 77@there",
    "CSeq: 71 INVITE",
    "Max-Forwards: 70",
    "X-Accounts: no",
    "X-ACCOUNT : a 1,  b  ",
    "User-Agent: Phone/1",
    'Authorization: Digest realm="username=\\"x\\"", username = "carol@example.com", nonce="n"',
    "Contact: <sip:ann@192.0.2.7>",
    "Content-Length: 0\r\n\r\n",
  ].join("\r\n");
  for (const [key, text] of parts) {
    const set = { algorithm: "hash-key", key, destinations: ["sip:10.0.0.1", "sip:10.0.0.2"] };
    const config = configOf({
      listeners: ["udp://10.9.9.1:5060"],
      keys: ["a secret of enough characters"],
      sets: { media: set },
    });
    const stage = setStage(config, null, new Map());
    assert.ok("snapshot" in stage);
    const answer = explain(config, stage, fileMessage(Buffer.from(wire)), { source: "192.0.2.7:5062", isLive: false });
    assert.ok(typeof answer !== "string", String(answer));
    assert.deepEqual([answer.key?.source, answer.key?.text], ["key", text]);
    assert.equal(answer.outcome.kind, "forwarded");
  }
});
