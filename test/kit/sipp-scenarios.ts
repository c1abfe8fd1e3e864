// Scenarios of our own for SIPp: its built-in ones, made to keep to the Record-Route, which they leave out.
import { spawnSync } from "node:child_process";
import { SIPP } from "./sipp.ts";

// An optional message does not move a scenario on, so that any number of them may come.
const INVITE_AGAIN = '<recv request="INVITE" optional="true" />\n\n  ';
const TRYING = '<recv response="100" optional="true" />\n\n  ';

function builtIn(name: "uac" | "uas"): string {
  // It leaves with 99, "no calls processed".
  return spawnSync(SIPP, ["-sd", name], { encoding: "latin1" }).stdout;
}

/**
 * The built-in caller, whose ACK and BYE go to the Contact by way of the Record-Route, and which takes a 100 to a BYE whose
 * answer is late (RFC 4320 4.1); the built-in one gives such a call up.
 */
export function routingCaller(): string {
  return builtIn("uac")
    .replace('<recv response="200" rtd="true">', '<recv response="200" rtd="true" rrs="true">')
    .replace('<recv response="200" crlf="true">', `${TRYING}$&`)
    .replace(
      /(ACK|BYE) sip:\[service\]@\[remote_ip\]:\[remote_port\] SIP\/2\.0\r?\n/g,
      "$1 [next_url] SIP/2.0\n      [routes]\n",
    );
}

/** The built-in caller, which takes a 100 to a BYE whose answer is late (RFC 4320 4.1); the built-in one gives such a call up. */
export function patientCaller(): string {
  return builtIn("uac").replace('<recv response="200" crlf="true">', `${TRYING}$&`);
}

/** The built-in server, which takes an INVITE that comes again after its 200, as that of `routingServer` does. */
export function repeatingServer(): string {
  const [invite, rest] = builtIn("uas").split(/(?=<recv request="ACK")/);
  return `${invite}${INVITE_AGAIN}${rest ?? ""}`;
}

/**
 * The built-in server, whose answers to INVITE carry the Record-Route that they are due, and which takes an INVITE that
 * comes again after its 200: like a phone it says nothing to it, its 200 being repeated until the ACK comes (RFC 3261
 * 13.3.1.4, RFC 6026 7.1). The built-in one gives such a call up and leaves its BYE unanswered, which harms calls whose
 * 200 was long on the way.
 */
export function routingServer(): string {
  const [invite, rest] = builtIn("uas").split(/(?=<recv request="ACK")/);
  const answers = invite!.replaceAll("[last_Via:]", "[last_Via:]\n      [last_Record-Route:]");
  return `${answers}${INVITE_AGAIN}${rest ?? ""}`;
}

/**
 * The built-in server, which repeats its 200 only after 10 s. A SIPp that calls over TCP takes a repeated 200 for the answer
 * to its BYE, although it is the callee who repeats it, end to end, over whatever transports (RFC 3261 13.3.1.4).
 */
export function patientServer(): string {
  return builtIn("uas").replaceAll('retrans="500"', 'retrans="10000"');
}
