// What may become of the hand-made messages, case by case: F forwarded, D dropped, else the status of the answer. Taken
// from the corpus's own words ("allowed"), and no wider; where those leave a choice, all of it stands here, but what asks for
// a transport that is not there ("forward over TCP") is none. Where it is a matter of the destination's answer
// (registrations with push parameters), forwarding stands for it.

type Outcomes = Readonly<Record<string, string>>;

const CONTENT_LENGTH: Outcomes = {
  "cl-plus cl-hex cl-inner-space cl-2p31 cl-2p32 cl-2p53 cl-1e3 cl-20-digits cl-neg cl-empty cl-list cl-float cl-junk":
    "400 D",
  "cl-arabic-digit": "400 D",
  "cl-leading-zeros cl-short-trailing cl-absent-udp": "F",
};
const FRAMING: Outcomes = {
  "lf-only cr-only truncated-headers no-terminator http-on-sip-port": "400 D",
  "mixed-lf-hidden-header": "400",
  "crlf-crlf-keepalive single-crlf zero-nul-keepalive empty-datagram stun-binding rtp-like tls-clienthello-on-plain":
    "D",
  "leading-crlfs": "F",
};
const REQUEST_LINE: Outcomes = {
  "tab-separators no-version extra-token empty-uri nul-in-uri": "400 D",
  "lower-version": "F",
  v3: "505",
  v20: "505 400",
  "lower-method port65536 port-huge two-at empty-user ipv6-nobracket": "400",
  "crlf-encoded": "F 404",
  port0: "400 404 480",
  "ipv6-zone": "400 404",
  "ipv4-octal ipv4-int": "403 404",
  // Loopback is an allowed destination here: the pool lives on it.
  "mapped-loopback": "403 404 F",
  sips: "416 480",
  // The policy is that only the own domain is served.
  "tel urn-sos": "404 416",
};
const VIA: Outcomes = {
  "spoofed-received spoofed-rport no-branch sent-by-is-lb": "F",
  // Its maddr is ignored: the answer goes to where the packet came from.
  "maddr-metadata": "400 D F",
  "maddr-broadcast": "D F",
  port0: "400 F",
  "port65536 junk": "400 D",
  "empty missing": "400 D",
  "branch-cookie-only branch-long": "400 F",
  "unknown-transport": "F",
};
const ROUTING_ABUSE: Outcomes = {
  // "Ignored": whatever the Route says, a stranger's request goes to the pool, and no Route goes with it.
  "route-metadata route-loopback-ssh route-external route-dns": "403 404 F",
  "route-self-x20": "F 482 483",
  "route-strict route-headers path-injection service-route xff-like": "F",
  "route-malformed": "400",
  "ruri-external": "403 404",
  "ruri-self-loop": "F 482",
  "forged-record-route-cookie": "481 404 403",
};
const TRANSACTIONS: Outcomes = {
  "cancel-unmatched": "481",
  "ack-unmatched": "F D",
  "ack-max-forwards-0": "D",
  "invite-cseq-2p31 cseq-2p53plus1 cseq-neg cseq-long-method missing-to missing-from missing-callid missing-cseq":
    "400",
  "require-proxy-unknown": "420",
  "long-from-tag": "F",
};
const LIMITS: Outcomes = {
  "uri-user-8k": "414 400 513 F",
  "header-60k": "513 400 D",
  "headers-1000": "400 513 F",
  "via-70": "400 482 483 F",
  "route-100": "400 403 404",
  "contact-200-register": "F 403 503",
  "uri-params-2000": "400 414 F",
  "udp-64k": "513",
};
const MAX_FORWARDS: Outcomes = {
  "mf-missing mf-one mf-leading-zero": "F",
  "mf-zero": "483",
  "mf-neg mf-huge mf-alpha": "400",
  "mf-256": "400 F",
};
const RESPONSES: Outcomes = {
  "spoof-unknown-branch spoof-top-via-not-ours no-via only-our-via status-099 status-700 probe-answer-spoof oc-spoof":
    "D",
};
const AUTH: Outcomes = {
  "digest-no-quotes digest-unbalanced digest-params-5000 digest-nonce-30k digest-only-scheme digest-empty": "F 400 401",
  "digest-comma-flood digest-backslash-end": "F 400 401",
};
const LOGS: Outcomes = { "ua-ansi ua-fake-line ua-json-break ua-html ua-log4j ua-format ua-csv ua-u2028": "F" };
const PUSH: Outcomes = {
  "pn-no-prid pn-empty-prid pn-unknown-provider pn-webpush-ssrf pn-crlf-prid pn-path-prid pn-prid-10k": "F 400 555",
};

const GROUPS: Readonly<Record<string, Outcomes>> = {
  "content-length": CONTENT_LENGTH,
  framing: FRAMING,
  "request-line": REQUEST_LINE,
  via: VIA,
  "routing-abuse": ROUTING_ABUSE,
  transactions: TRANSACTIONS,
  limits: LIMITS,
  "max-forwards": MAX_FORWARDS,
  responses: RESPONSES,
  auth: AUTH,
  logs: LOGS,
  push: PUSH,
};

/** Outcomes of a CANCEL that matches nothing where nothing is remembered: it follows the hash of its call. */
export const STATELESS: Outcomes = { "cancel-unmatched": "481 F" };

/** The outcomes that are allowed for a case; none for an unknown one. */
export function allowedFor(group: string, name: string, forwarding: string): readonly string[] {
  const special = forwarding === "stateless" ? STATELESS[name] : undefined;
  if (special !== undefined) return special.split(" ");
  const found = Object.entries(GROUPS[group] ?? {}).find(([names]) => names.split(" ").includes(name));
  return found?.[1].split(" ") ?? [];
}
