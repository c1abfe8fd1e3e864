// Scenarios of our own for SIPp: its built-in ones, made to keep to the Record-Route, which they leave out.
import { spawnSync } from "node:child_process";
import { SIPP } from "./sipp.ts";

function builtIn(name: "uac" | "uas"): string {
  // It leaves with 99, "no calls processed".
  return spawnSync(SIPP, ["-sd", name], { encoding: "latin1" }).stdout;
}

/** The built-in caller, whose ACK and BYE go to the Contact by way of the Record-Route. */
export function routingCaller(): string {
  return builtIn("uac")
    .replace('<recv response="200" rtd="true">', '<recv response="200" rtd="true" rrs="true">')
    .replace(
      /(ACK|BYE) sip:\[service\]@\[remote_ip\]:\[remote_port\] SIP\/2\.0\r?\n/g,
      "$1 [next_url] SIP/2.0\n      [routes]\n",
    );
}

/** The built-in server, whose answers to INVITE carry the Record-Route that they are due. */
export function routingServer(): string {
  const [invite, rest] = builtIn("uas").split(/(?=<recv request="ACK")/);
  return `${invite!.replaceAll("[last_Via:]", "[last_Via:]\n      [last_Record-Route:]")}${rest ?? ""}`;
}
