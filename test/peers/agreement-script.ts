// Asks a real Kamailio for whole failover lists, under one of its algorithms after the other.
import { headerValues, Kamailio } from "./kamailio.ts";
import { LIST, modulesOf, OBEY } from "./sequence-sets.ts";

/** The algorithms that are asked for with a key, all of them in one request. */
export const HASHES = [0, 1, 2, 3, 5, 7] as const;
/** Theirs may name one twice. */
const LONGEST = 6;

const choice = (number: string, header: string) => `    $(xavp(_dsdst_[*])) = $null;
    if (ds_select_dst("$var(set)", "${number}"))
      append_to_reply("${header}:${Array.from({ length: LONGEST }, (_, i) => ` $(xavp(_dsdst_[${i}]=>uri))`).join("")}\\r\\n");
    else append_to_reply("${header}: nobody\\r\\n");
`;

const scriptOf = (useDefault: boolean) => `
${modulesOf(useDefault)}modparam("dispatcher", "hash_pvar", "$hdr(X-Key)")
request_route {
  $var(set) = $(hdr(X-Set){s.int});
${OBEY}  if (is_present_hf("X-Key")) {
${HASHES.map((number) => choice(String(number), `X-List-${number}`)).join("")}  }
  if (is_present_hf("X-Fork")) {
    if (ds_select_dst("$var(set)", "12"))
      append_to_reply("X-List: $du${Array.from({ length: LONGEST }, (_, i) => ` $(branch(dst_uri)[${i}])`).join("")}\\r\\n");
    else append_to_reply("X-List: nobody\\r\\n");
  }
  $var(i) = 0;
  while ($var(i) < $(hdr(X-Choices){s.int})) {
${choice("$(hdr(X-Algorithm){s.int})", "X-List")}    $var(i) = $var(i) + 1;
  }
  sl_send_reply("200", "Chosen");
  exit;
}
`;

/** What the hashes go by in one request; `text` is for algorithm 7. */
export interface Keys {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  readonly requestUri: string;
  readonly user: string;
  readonly text: string;
}

/** A Kamailio that is asked one request after the other. */
export class FailoverOracle {
  readonly #kamailio: Kamailio;
  readonly #localPort: number;
  #asked = 0;

  /** Starts it on `port`; answers come to `port` + 1. */
  static async start(port: number, useDefault: boolean): Promise<FailoverOracle> {
    const kamailio = await Kamailio.start(port, port + 1, LIST, scriptOf(useDefault));
    const oracle = new FailoverOracle(kamailio, port + 1);
    await kamailio.ask([oracle.#request("OPTIONS", [], undefined, 0)]);
    return oracle;
  }

  private constructor(kamailio: Kamailio, localPort: number) {
    this.#kamailio = kamailio;
    this.#localPort = localPort;
  }

  /** Sets the states of destinations of a set, by URI: `a` or `i`. */
  async setStates(set: number, states: readonly (readonly [uri: string, state: string])[]): Promise<void> {
    const commands = states.map(([uri, state]) => {
      const params = [state, set, uri];
      return `X-Command: ${JSON.stringify({ jsonrpc: "2.0", method: "dispatcher.set_state", params, id: 1 })}`;
    });
    const answer = await this.#ask("OPTIONS", [`X-Commands: ${commands.length}`, ...commands]);
    const codes = headerValues(answer, "X-Result");
    if (codes.length !== states.length || codes.some((code) => code !== "200")) throw new Error(answer);
  }

  /** Failover lists, as many as `choices` in a row, for one request without credentials. */
  async lists(set: number, algorithm: number, choices: number, method = "OPTIONS"): Promise<string[]> {
    const answer = await this.#ask(method, [`X-Set: ${set}`, `X-Algorithm: ${algorithm}`, `X-Choices: ${choices}`]);
    return headerValues(answer, "X-List").map(shortened);
  }

  /** Who gets a branch under algorithm 12, the first one first. */
  async branches(set: number): Promise<string> {
    const answer = await this.#ask("INVITE", [`X-Set: ${set}`, "X-Choices: 0", "X-Fork: yes"]);
    return shortened(headerValues(answer, "X-List")[0] ?? "no answer");
  }

  /** One failover list per hash, in their order, for one request with these keys, and that request. */
  async hashed(set: number, keys: Keys): Promise<{ readonly lists: readonly string[]; readonly wire: Buffer }> {
    const id = ++this.#asked;
    const wire = this.#request("OPTIONS", [`X-Set: ${set}`], keys, id);
    const answer = await this.#kamailio.askOnce(wire, `;n=${id};`);
    const lists = HASHES.map((number) => shortened(headerValues(answer, `X-List-${number}`)[0] ?? "no answer"));
    return { lists, wire };
  }

  stop(): Promise<void> {
    return this.#kamailio.stop();
  }

  #ask(method: string, headers: readonly string[]): Promise<string> {
    const id = ++this.#asked;
    return this.#kamailio.askOnce(this.#request(method, headers, undefined, id), `;n=${id};`);
  }

  #request(method: string, headers: readonly string[], keys: Keys | undefined, id: number): Buffer {
    const key = keys && [
      `X-Key: ${keys.text}`,
      `Authorization: Digest username="${keys.user}", realm="r", nonce="n", uri="sip:x", response="0123456789abcdef0123456789abcdef"`,
    ];
    const lines = [
      `${method} ${keys?.requestUri ?? "sip:a@b"} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.#localPort};branch=z9hG4bK0;n=${id};rport`,
      `From: <${keys?.from ?? "sip:c@d"}>;tag=1`,
      `To: <${keys?.to ?? "sip:a@b"}>`,
      `Call-ID: ${keys?.callId ?? `c${id}`}`,
      `CSeq: 1 ${method}`,
      ...(key ?? []),
      ...headers,
      "Content-Length: 0\r\n\r\n",
    ];
    return Buffer.from(lines.join("\r\n"), "latin1");
  }
}

function shortened(list: string): string {
  return list.replaceAll("<null>", "").replaceAll(/ +/g, " ").trim();
}
