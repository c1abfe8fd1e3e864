// TLS that protects less than it looks.
import { type Finding, warningAt } from "../finding.ts";
import type { Check } from "./check.ts";

/** Without verification, whoever can redirect packets is everybody's destination. */
export const unverifiedDestinations: Check = {
  summary: "A TLS profile with `verify: false`: its destinations may be anybody.",
  look(config): Finding[] {
    return config.tls.flatMap(({ name, verify }) =>
      verify
        ? []
        : [
            warningAt(
              ["tls", name, "verify"],
              `destinations of TLS profile "${name}" need not prove who they are`,
              "ca: FILE",
            ),
          ],
    );
  },
};
