// RFC 4475, RFC 5118 and the hand-made messages, as far as reading and validating decides them. What only the proxy can
// decide (state, configuration, where a message came from) is listed by name, and must come out as "forward" here.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { it } from "node:test";
import { Message } from "./message.ts";
import { REASONS } from "./reason.ts";
import { validateRequest, validateResponse } from "./validate.ts";

const CORPORA = process.env.FAIRLEAD_CORPORA ?? resolve(import.meta.dirname, "../../../shared/corpora");
const skip = existsSync(CORPORA) ? false : `no corpora at ${CORPORA}`;
const message = new Message();

/** F forwarded, D dropped, or the code of the answer. */
function outcome(path: string): string {
  const bytes = readFileSync(join(CORPORA, path));
  const fault = message.reset(bytes, 0, bytes.length);
  const reason = fault !== 0 ? fault : message.isRequest ? validateRequest(message) : validateResponse(message);
  if (reason === 0) return "F";
  const { status } = REASONS[reason]!;
  return message.canAnswer && status !== 0 ? String(status) : "D";
}

interface TortureCase {
  readonly name: string;
  readonly accept_outcomes: readonly string[];
  readonly best_outcomes: readonly string[];
}

const PROXY_DECIDES_4475 = new Map([
  ["bcast", "its top Via is not ours"],
  ["zeromf", "483: Max-Forwards is 0"],
]);

it("RFC 4475: every message gets an acceptable outcome, and the best one", { skip }, () => {
  const cases = JSON.parse(readFileSync(join(CORPORA, "rfc4475/verdicts.json"), "utf8")) as TortureCase[];
  let accepted = 0;
  let best = 0;
  const bad: string[] = [];
  for (const { name, accept_outcomes, best_outcomes } of cases) {
    const got = outcome(`rfc4475/messages/${name}.dat`);
    if (PROXY_DECIDES_4475.has(name)) assert.equal(got, "F", name);
    const isProxys = PROXY_DECIDES_4475.has(name);
    if (name === "test") continue;
    if (isProxys || accept_outcomes.includes(got)) accepted++;
    else bad.push(`${name}: ${got}, acceptable ${accept_outcomes.join(" ")}`);
    if (isProxys || best_outcomes.includes(got)) best++;
  }
  console.log(
    `RFC 4475 on the level of parsing: ${accepted} of 49 acceptable, ${best} best (${PROXY_DECIDES_4475.size} left to the proxy)`,
  );
  assert.deepEqual(bad, []);
  assert.ok(best >= 47, `${best} best`);
});

it("RFC 5118: everything is forwarded but the address without brackets", { skip }, () => {
  const cases = JSON.parse(readFileSync(join(CORPORA, "rfc5118/verdicts.json"), "utf8")) as { name: string }[];
  let right = 0;
  for (const { name } of cases) {
    const got = outcome(`rfc5118/wire/${name}.dat`);
    assert.equal(got, name === "ipv6-bad" ? "400" : "F", name);
    right++;
  }
  console.log(`RFC 5118 on the level of parsing: ${right} of 12`);
  assert.equal(right, 12);
});

/** Outcomes of the hand-made messages; whatever is not listed must be forwarded. */
const HANDMADE: Readonly<Record<string, string>> = {
  "cl-plus cl-hex cl-inner-space cl-2p31 cl-2p32 cl-2p53 cl-1e3 cl-20-digits cl-neg cl-empty cl-list cl-float cl-junk cl-arabic-digit":
    "400",
  "mixed-lf-hidden-header truncated-headers no-terminator": "400",
  "lf-only cr-only crlf-crlf-keepalive single-crlf zero-nul-keepalive empty-datagram stun-binding rtp-like": "D",
  "http-on-sip-port tls-clienthello-on-plain no-version": "D",
  "tab-separators extra-token empty-uri lower-method nul-in-uri two-at empty-user ipv6-nobracket ipv6-zone": "400",
  "request-line/port0 request-line/port65536 port-huge": "400",
  "v3 v20": "505",
  "ipv4-octal ipv4-int": "404",
  sips: "416",
  "mf-neg mf-256 mf-huge mf-alpha": "400",
  "via/port65536 via/junk": "400",
  "via/empty via/missing no-via status-099 status-700": "D",
  "route-100 route-malformed invite-cseq-2p31 cseq-2p53plus1 cseq-neg cseq-long-method missing-to missing-from missing-callid missing-cseq":
    "400",
  "require-proxy-unknown": "420",
};

/** Forwarded by us so far; the proxy must still refuse them or take care. */
const PROXY_DECIDES_HANDMADE =
  "mf-zero mapped-loopback spoof-unknown-branch spoof-top-via-not-ours only-our-via probe-answer-spoof oc-spoof cancel-unmatched " +
  "ack-unmatched ack-max-forwards-0 route-metadata route-loopback-ssh route-external route-dns route-self-x20 " +
  "ruri-external ruri-self-loop forged-record-route-cookie maddr-metadata maddr-broadcast";

it("hand-made messages: each gets the outcome written down for it", { skip }, () => {
  const cases = JSON.parse(readFileSync(join(CORPORA, "handmade/expectations.json"), "utf8")) as {
    group: string;
    name: string;
  }[];
  const expected = new Map(
    Object.entries(HANDMADE).flatMap(([names, to]) => names.split(" ").map((name) => [name, to])),
  );
  for (const { group, name } of cases) {
    const want = expected.get(`${group}/${name}`) ?? expected.get(name) ?? "F";
    assert.equal(outcome(`handmade/${group}/${name}.raw`), want, `${group}/${name}`);
  }
  const known = new Set(cases.map((c) => c.name));
  for (const name of PROXY_DECIDES_HANDMADE.split(" ")) assert.ok(known.has(name), name);
  console.log(
    `hand-made messages: ${cases.length} of ${cases.length} (${PROXY_DECIDES_HANDMADE.split(" ").length} left to the proxy)`,
  );
});
