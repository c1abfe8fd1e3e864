// The failover script of docs/guide/coming-from-kamailio.md on the real Kamailio, and the configuration beside it: the same calls try the
// same destinations in the same order, with the same request URIs, and end the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Destination, type Script } from "../kit/destination.ts";
import { LoadBalancer } from "../kit/lb.ts";
import { Phone } from "../kit/phone.ts";
import { reservePort } from "../kit/port.ts";
import { until } from "../kit/wait.ts";
import { Kamailio, whyNoKamailio } from "./kamailio.ts";

const SCRIPT = `
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "tmx.so"
loadmodule "dispatcher.so"
modparam("tm", "fr_timer", 1000)
modparam("dispatcher", "list_file", "@DIRECTORY@/dispatcher.list")
modparam("dispatcher", "flags", 2)
request_route {
  if (is_method("CANCEL|ACK") && t_check_trans()) { t_relay(); exit; }
  if (has_totag()) { if (loose_route()) t_relay(); exit; }
  if (is_method("OPTIONS")) { sl_send_reply("200", "Running"); exit; }
  record_route();
  if ($rU =~ "^d") {
    if (!ds_select_domain("2", "4")) { sl_send_reply("404", "No destination"); exit; }
  } else if (!ds_select_dst("1", "4")) { sl_send_reply("404", "No destination"); exit; }
  t_on_failure("RTF");
  t_relay();
  exit;
}
failure_route[RTF] {
  if (t_is_canceled()) exit;
  if (t_check_status("500") or (t_branch_timeout() and !t_branch_replied())) {
    if ($rU =~ "^d") { if (!ds_next_domain()) exit; } else if (!ds_next_dst()) exit;
    t_on_failure("RTF");
    t_relay();
    exit;
  }
}
`;
/** What each of three destinations does, by letter: answers, fails with 500, is busy, is silent. `d` in front: ds_select_domain. */
const PLANS = [
  "-aaa",
  "-faa",
  "-afa",
  "-aaf",
  "-ffa",
  "-faf",
  "-fff",
  "-bbb",
  "-fbf",
  "-saa",
  "-asf",
  "-ssa",
  "daaa",
  "dfaa",
  "dffa",
  "daaf",
];

/** A destination that does what the called user's letter for it says, and notes whom it was asked for. */
function planned(index: number, tried: string[]): Destination {
  const script: Script = (transaction, destination) => {
    const { request } = transaction;
    const plan = /^sip:([-d][a-z]{3})/.exec(request.uri)?.[1] ?? "-aaa";
    if (request.method !== "INVITE") return transaction.respond(200);
    const letter = plan[index + 1];
    tried.push(`${index} ${request.uri.replace(/:\d+$/, "")}`);
    if (letter === "f") transaction.respond(500);
    else if (letter === "b") transaction.respond(486);
    else if (letter === "a") void destination.take(transaction).answer();
  };
  return new Destination(script, { address: `127.0.0.${index + 1}` });
}

/** Calls by every plan, one after the other; what was tried, and how each ended. */
async function calls(phone: Phone, tried: string[]): Promise<string[]> {
  const told: string[] = [];
  for (const plan of PLANS) {
    tried.length = 0;
    const call = await phone.invites(`sip:${plan}@example.com`);
    if (call.status === 200) assert.equal(await call.bye(), 200, plan);
    // What an earlier call's silent destination still gets does not count.
    const own = new Set(tried.filter((one) => one.includes(`sip:${plan}@`)));
    told.push(`${plan}: ${[...own].join(", ")}: ${call.status}`);
  }
  return told;
}

test("the script of the guide on the real Kamailio and its configuration here treat calls the same", {
  skip: whyNoKamailio(),
  timeout: 120_000,
}, async () => {
  const tried: string[] = [];
  const destinations = [0, 1, 2].map((index) => planned(index, tried));
  await Promise.all(destinations.map(({ opened }) => opened));
  const uris = destinations.map(({ uri }) => uri);
  const list = [1, 2].flatMap((set) => uris.map((uri) => `${set} ${uri}\n`)).join("");
  const [port, local] = [await reservePort(), await reservePort()];
  const kamailio = await Kamailio.start(port.port, local.port, list, SCRIPT);
  const lb = await LoadBalancer.prepare("batched");
  const phones: Phone[] = [];
  try {
    const theirs = await Phone.open({ address: "127.0.0.1", port: port.port }, {}, (one) => phones.push(one));
    await until(
      "Kamailio to run",
      async () => (await theirs.requests("OPTIONS", "sip:ready@example.com")) === 200,
      20_000,
    );
    const set = {
      algorithm: "kamailio:4",
      destinations: uris,
      probe: false,
      passive: { failures: 0 },
      failover: { on: ["timeout", 500], answer_within: "1s" },
    };
    const none = { status: 404, reason: "No destination" };
    await lb.runs({
      sets: { 1: set, 2: set },
      routes: [
        { match: { "request-uri.user": "^d" }, set: 2, rewrite_uri: "host", no_destination: none },
        { set: 1, no_destination: none },
      ],
    });
    const ours = await Phone.open(lb.address, {}, (one) => phones.push(one));
    const expected = await calls(theirs, tried);
    assert.deepEqual(await calls(ours, tried), expected);
    assert.ok(
      new Set(expected.map((line) => line.replace(/^[^:]*: (\d).*/, "$1"))).size === 3,
      "every destination was first once",
    );
    process.stdout.write(`${PLANS.length} of ${PLANS.length} calls as Kamailio's script has them\n`);
  } finally {
    await Promise.all(phones.map((one) => one.agent.close()));
    await Promise.all(destinations.map((one) => one.close()));
    await kamailio.stop();
    for (const one of [port, local]) one.release();
    await lb.end();
  }
});
