// The page about how far we agree with the real Kamailio, as what was asked and what was seen.
import { DEFAULT_DEPARTURE } from "../../src/dispatch/compat/compat-algorithm.ts";
import { COMPAT } from "../../src/dispatch/compat/index.ts";
import { SETS, story } from "./sequence-sets.ts";

/** Choices that were compared, and how many of them were the same. */
export interface Tally {
  asked: number;
  agreed: number;
  /** Those that agree but for the default destination at their end, which is down. */
  butDefault: number;
}

/** What was seen about one algorithm, without `use_default` and with it. */
export interface Agreement {
  readonly number: number;
  /** What is compared, in words. */
  readonly compared: string;
  readonly sets: readonly number[];
  readonly plain: Tally;
  readonly withDefault: Tally;
}

/** Algorithms of which chance decides who is chosen, or which turn is whose, and how. */
const RANDOM: Readonly<Record<number, string>> = {
  6: "Who is chosen is chance with both.",
  9: "Theirs shuffles its table by chance; ours always in the same way.",
  11: "Theirs shuffles its table by chance; ours always in the same way.",
};

/** Algorithms of Kamailio 6.2 that 5.6.3 does not have: it takes the first destination for any number that it does not know. */
export const LATER = [14, 15, 64] as const;

/** The page. */
export function agreementPage(agreements: readonly Agreement[], installed: string): string {
  const rows = agreements.map(({ number, compared, sets, plain, withDefault }) => {
    const cells = [`\`kamailio:${number}\``, compared, sets.join(", "), scoreOf(plain), scoreOf(withDefault)];
    return `| ${cells.join(" | ")} | ${differencesOf(number).join(" ") || "none"} |`;
  });
  const unasked = LATER.map((number) => {
    const version = `**version** ${installed} does not have it and takes the first destination.`;
    return `| \`kamailio:${number}\` | ${[version, ...differencesOf(number)].join(" ")} |`;
  });
  return [
    "# Agreement with Kamailio",
    "",
    "<!-- Written by `FAIRLEAD_WRITE=1 npm test -- test/peers/kamailio-agreement`. Do not edit. -->",
    "",
    `A real Kamailio ${installed} and our numbered algorithms ([algorithms](algorithms.md)) are given the same sets, the same requests and the`,
    "same destinations down, and their whole failover lists are compared: who is chosen, and everybody behind in the order in which",
    "they would be tried. A choice agrees when the whole list is the same.",
    "",
    "In each set, one step after the other, these destinations are down, by place in the set's order:",
    `${story(5)
      .map((down) => (down.length === 0 ? "nobody" : down.join(" ")))
      .join(", ")} (a set of five).`,
    "",
    `Under every algorithm, **deliberate**: ${DEFAULT_DEPARTURE} The choices where that is all the difference stand behind the plus.`,
    "",
    "| algorithm | what is compared | sets | agree | agree with `use_default` | differences |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
    "Congestion control (`cc=1`) under 11 is compared apart, with servers that grow slow while Kamailio measures them: the same shares of 100 calls",
    "while all are quick, while one is slow, and while all are (`npm test -- test/peers/kamailio-congestion`).",
    "",
    "| not compared | why |",
    "| --- | --- |",
    ...unasked,
    "",
    "**version**: our reference is Kamailio 6.2. **random**: chance decides. **deliberate**: we do otherwise on purpose.",
    "",
    "| set | weights | priorities | max_calls | latencies (ms) | `cc` |",
    "| --- | --- | --- | --- | --- | --- |",
    ...[...new Set(agreements.flatMap(({ sets }) => sets))]
      .sort((a, b) => a - b)
      .map((set) => {
        const lines = SETS.get(set) ?? [];
        const column = (pick: (line: (typeof lines)[number]) => number) => lines.map(pick).join(", ");
        return `| ${set} | ${column((line) => line.weight)} | ${column((line) => line.priority)} | ${column((line) => line.maxCalls)} | ${column((line) => line.latency)} | ${lines[0]?.congestionControl === true ? 1 : 0} |`;
      }),
    "",
  ].join("\n");
}

/** What sets ours apart from theirs on purpose or by chance, each marked. */
function differencesOf(number: number): string[] {
  const name = `kamailio:${number}`;
  const deviation = COMPAT.find((one) => one.name === name)?.deviation;
  return [
    ...(RANDOM[number] === undefined ? [] : [`**random** ${RANDOM[number]}`]),
    ...(deviation === undefined ? [] : [`**deliberate** ${deviation}`]),
  ];
}

function scoreOf({ asked, agreed, butDefault }: Tally): string {
  return `${agreed}${butDefault > 0 ? ` + ${butDefault}` : ""} of ${asked}`;
}
