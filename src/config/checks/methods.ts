// Methods that routes ask for and no request has. Methods of extensions are as good as others: only what looks like a known one is told.
import { METHOD_NAMES, Method } from "../../sip/method.ts";
import { type Finding, type Path, warningAt } from "../finding.ts";
import { type MatchConfig, matchExpression } from "../sections/match.ts";
import { nearest } from "../suggest.ts";
import type { Check } from "./check.ts";

const KNOWN = METHOD_NAMES.slice(Method.unknown + 1);
/** A pattern that is a method, perhaps with an end or both: what is more than that may mean anything. */
const PLAIN = /^\^?([A-Za-z]+)\$?$/;

/** Methods in small letters, and those that an RFC has with another letter. */
export const mistypedMethods: Check = {
  summary: "A method that is not in capitals, or that no RFC has and is nearly one that some RFC has.",
  look(config): Finding[] {
    return config.routes.flatMap((route, index) => [
      ...route.methods.flatMap((method) => mistyped(method, ["routes", index, "method"])),
      ...route.match.flatMap((match) =>
        unfitting(match).flatMap((method) => mistyped(method, ["routes", index, "match", match.of])),
      ),
    ]);
  },
};

function mistyped(method: string, path: Path): Finding[] {
  if (KNOWN.includes(method)) return [];
  const capitals = method.toUpperCase();
  const near = nearest(method, KNOWN);
  if (method !== capitals) {
    const what = `method "${method}" is not in capitals, and methods are case-sensitive`;
    return [warningAt(path, what, `did you mean "${near ?? capitals}"?`)];
  }
  return near === undefined
    ? []
    : [
        warningAt(
          path,
          `no RFC has a method "${method}": this is for requests of that name alone`,
          `did you mean "${near}"?`,
        ),
      ];
}

/** The methods that a condition names, as far as no known method fits what it says of them: `INVIT` as a pattern is in INVITE. */
function unfitting({ of, pattern: { kind, texts, isNot } }: MatchConfig): string[] {
  if (isNot || kind === "prefix" || matchExpression(of) !== "{method}") return [];
  if (kind === "is") return texts.filter((text) => PLAIN.test(text));
  return texts.flatMap((text) => {
    const [, word] = PLAIN.exec(text) ?? [];
    return word === undefined || KNOWN.some((known) => new RegExp(text).test(known)) ? [] : [word];
  });
}
