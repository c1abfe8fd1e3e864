// What a WebSocket listener may say beyond others, and what is answered to what is mistyped there.
import assert from "node:assert/strict";
import { it } from "node:test";
import { fakeIo } from "../io-fake.ts";
import { loadYaml } from "../load.ts";
import { formatProblem } from "../problem.ts";

function read(listener: string) {
  return loadYaml(`listeners: [${listener}]\nsets: {1: {destinations: ["sip:10.0.0.1"]}}\n`, "f.yaml", fakeIo());
}

it("a WebSocket listener has a path and origins, which are compared without regard to case", () => {
  const { config } = read('{uri: "ws://127.0.0.1:8080/sip", origins: ["https://Phone.example.com:8443"]}');
  const [listener] = config?.listeners ?? [];
  assert.deepEqual(listener?.web, { path: "/sip", origins: ["https://phone.example.com:8443"] });
  assert.equal(listener?.name, "ws://127.0.0.1:8080");
  assert.deepEqual(read('"ws://127.0.0.1"').config?.listeners[0]?.web, { path: "", origins: [] });
  assert.equal(read('"ws://127.0.0.1"').config?.listeners[0]?.port, 80);
});

const mistyped: readonly [string, string, RegExp][] = [
  ["a path over TCP", '"tcp://127.0.0.1:5060/sip"', /1:13: error: "\/sip" is no path here .*ws:\/\//],
  ["a query", '"ws://127.0.0.1:8080/sip?x=1"', /1:13: error: "\/sip\?x=1" is no path here .*without query/],
  [
    "origins over UDP",
    '{uri: "udp://127.0.0.1:5060", origins: ["https://a"]}',
    /"https:\/\/a" is no origin here .*ws:\/\//,
  ],
  [
    "an origin with a path",
    '{uri: "ws://127.0.0.1:80", origins: ["https://a/"]}',
    /"https:\/\/a\/" is no origin here .*host/,
  ],
  [
    "an origin that is a host",
    '{uri: "ws://127.0.0.1:80", origins: [a.example]}',
    /"a.example" is no origin here .*https/,
  ],
  [
    "a datagram listener that only connects",
    '{uri: "udp://127.0.0.1:5060", connect_only: true}',
    /1:\d+: error: connect_only is for connections, and udp has none .*tcp, tls, ws or wss/,
  ],
  ["origins for nobody", '{uri: "ws://127.0.0.1:80", origins: []}', /1:\d+: error/],
  ["an http listener", '"http://127.0.0.1:80"', /unknown transport "http" .*ws:\/\//],
];
for (const [what, listener, problem] of mistyped) {
  it(`${what} is an error at its place, with what would be right`, () => {
    assert.match(read(listener).problems.map(formatProblem)[0] ?? "", problem);
  });
}
