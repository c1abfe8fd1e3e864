// What scripts of Kamailio and OpenSIPS hash: `hash_pvar` and `flags` as keys.
import assert from "node:assert/strict";
import { it } from "node:test";
import { fakeIo, NO_OPTIONS } from "../../src/config/io-fake.ts";
import { readConfiguration, translate } from "../../src/config/open.ts";
import { formatProblem } from "../../src/config/problem.ts";

function imported(text: string, options: object = {}) {
  const { yaml, problems } = translate("/k.cfg", { ...NO_OPTIONS, ...options }, fakeIo({ "/k.cfg": text }));
  const config = readConfiguration(["/f.yaml"], NO_OPTIONS, fakeIo({ "/f.yaml": yaml ?? "" })).config;
  return { lines: problems.map(formatProblem), config };
}

it("a hash_pvar that cannot be a key is told by its line, and the rest is translated; one that can is the key", () => {
  const keyOf = (value: string) => {
    const text = `#!KAMAILIO
listen=udp:10.0.0.5:5060
loadmodule "dispatcher.so"
modparam("dispatcher", "db_url", "mysql://lb@db/lb")
modparam("dispatcher", "hash_pvar", "${value}")
`;
    const { lines, config } = imported(text, { algorithm: "7" });
    return [config?.sources[0]?.defaults.key, ...lines];
  };
  for (const value of ["$(hdr(X-Account))", "$oU@$od", "$ft$Ri"]) assert.deepEqual(keyOf(value), [value]);
  const why = "the variable $avp is not known; the key is the Call-ID until `key` says another";
  const told = `/k.cfg:5:1: warning: dispatcher: hash_pvar is not taken over (${why})`;
  assert.deepEqual(keyOf("$(avp)"), ["call-id", told]);
});

it("flags with bit 1 make the user alone the key of algorithms that hash a URI, and are told with others", () => {
  const keyOf = (flags: number, algorithm?: string) => {
    const text = `#!KAMAILIO
listen=udp:10.0.0.5:5060
loadmodule "dispatcher.so"
modparam("dispatcher", "db_url", "mysql://lb@db/lb")
modparam("dispatcher", "flags", ${flags})
`;
    const { lines, config } = imported(text, algorithm === undefined ? {} : { algorithm });
    return [config?.sources[0]?.defaults.key, ...lines];
  };
  assert.deepEqual(keyOf(1, "1"), ["{from.user}"]);
  assert.deepEqual(keyOf(3, "2"), ["{to.user}"]);
  assert.deepEqual(keyOf(3, "3"), ["{request-uri.user}"]);
  const told =
    "/k.cfg:5:1: warning: dispatcher: flags is not taken over (bit 1 is for kamailio:1 to kamailio:3: --algorithm NUMBER)";
  assert.deepEqual(keyOf(1, "4"), [undefined, told]);
  assert.deepEqual(keyOf(1), [undefined, told]);
  assert.match(keyOf(2, "1")[1] ?? "", /flags is not taken over \(bit 2, failover, is how every set works\)/);
});
