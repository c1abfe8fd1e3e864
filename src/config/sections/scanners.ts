// Section `scanners`: requests that are not worth an answer.
import { z } from "zod";
import { refuse } from "../values/issue.ts";

/** What tools that look for open SIP servers call themselves. Kamailio's and OpenSIPS's usual configurations drop most of them. */
export const KNOWN_SCANNERS: readonly string[] = [
  "friendly-scanner*",
  "friendly-request*",
  "sipvicious*",
  "sip-scan*",
  "sipcli*",
  "sundayddr*",
  "VaxSIPUserAgent*",
  "pplsip*",
];

const pattern = z
  .string()
  .meta({ title: "User-Agent pattern", examples: ["friendly-scanner*"] })
  .transform((text, sink): string => {
    if (!/^[\x20-\x7e]{1,128}$/.test(text))
      return refuse(sink, text, "a User-Agent pattern is 1 to 128 visible characters", "such as friendly-scanner*");
    if (/^\**$/.test(text)) return refuse(sink, text, `"${text}" would drop everything`, "such as friendly-scanner*");
    return text;
  });

/** Schema of the section. */
export const scanners = z
  .strictObject({
    user_agents: z
      .array(pattern)
      .max(100)
      .prefault([...KNOWN_SCANNERS])
      .describe(
        "Patterns over User-Agent, `*` for any run, case does not matter. Matching requests of strangers outside dialogs are dropped silently. `[]`: none.",
      ),
  })
  .prefault({})
  .transform((given) => ({ userAgents: given.user_agents as readonly string[] }))
  .describe("Requests of strangers that get no answer, because their sender says that it is a scanner.");
