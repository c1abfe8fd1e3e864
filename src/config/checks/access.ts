// Who may use the admin API.
import { errorAt, type Finding } from "../finding.ts";
import type { Check } from "./check.ts";

/** Commands that change how calls flow are not for everybody on the machine. */
export const commandsWithoutTokens: Check = {
  summary: "Kamailio's or OpenSIPS's commands without tokens (refused).",
  look({ admin }): Finding[] {
    if (admin === null || admin.tokens.length > 0) return [];
    const open = [admin.kamailioRpc ? "kamailio_rpc" : "", admin.opensipsMi ? "opensips_mi" : ""].filter(Boolean);
    return open.map((name) =>
      errorAt(
        ["admin", name],
        `${name} without tokens would let every program of this machine change destinations`,
        "tokens: [{name: NAME, role: admin, token: {file: PATH}}]",
      ),
    );
  },
};

/** A token stands for one holder. */
export const sharedTokens: Check = {
  summary: "Two tokens with one name, or one secret (refused).",
  look({ admin }): Finding[] {
    const tokens = admin?.tokens ?? [];
    return tokens.flatMap(({ name, secret }, index) => {
      const earlier = tokens.slice(0, index);
      const path = ["admin", "tokens", index];
      if (earlier.some((other) => other.name === name))
        return [errorAt([...path, "name"], `there are two tokens of ${name}`, "a name for each")];
      const twin = earlier.find((other) => Buffer.compare(other.secret.bytes(), secret.bytes()) === 0);
      return twin === undefined
        ? []
        : [errorAt([...path, "token"], `${name} has the token of ${twin.name}`, "a token for each")];
    });
  },
};
