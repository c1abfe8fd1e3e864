// What one choice costs, in processor time, for every algorithm: all destinations well, or a quarter of them down; four candidates
// are asked for. Run: tools/with-node bench/dispatch.ts; with `--markdown` it writes docs/reference/algorithm-costs.md to its output,
// with names of algorithms only their rows.
import { ALGORITHMS } from "../src/dispatch/algorithms/index.ts";
import { COMPAT } from "../src/dispatch/compat/index.ts";
import { compileSet } from "../src/dispatch/compile-set.ts";
import { FakeLive } from "../src/dispatch/live-fake.ts";
import { type Algorithm, type Destination, SlotChoice } from "../src/dispatch/types.ts";

const SIZES = [10, 1000, 10_000];
const BUDGET_MS = 60;

function destinationsOf(size: number): Destination[] {
  return Array.from({ length: size }, (_, slot) => {
    const uri = `sip:10.${slot >> 8}.0.${slot & 255}:5060`;
    return { slot, uri, name: uri, weight: 1 + (slot % 5), priority: 0, maxCalls: 0 };
  });
}

/** Nanoseconds per select and milliseconds to compile. */
function measure(algorithm: Algorithm, size: number, downShare: number): { select: number; compile: number } {
  const live = new FakeLive(7);
  const begin = performance.now();
  const set = compileSet(0, "bench", algorithm, SlotChoice.spread, destinationsOf(size));
  const compile = performance.now() - begin;
  for (let i = 0; i < size * downShare; i++) live.states[i * Math.round(1 / downShare)] = 2;
  const out = new Uint16Array(4);
  let key = 1;
  let selects = 0;
  let sum = 0;
  const start = process.cpuUsage().user;
  let spent = 0;
  while (spent < BUDGET_MS * 1000) {
    for (let i = 0; i < 100; i++) {
      key = (Math.imul(key, 1664525) + 1013904223) | 0;
      sum += algorithm.select(set, key, live, out) + out[0]!;
    }
    selects += 100;
    spent = process.cpuUsage().user - start;
  }
  if (sum < 0) throw new Error("unreachable: slots are not negative");
  return { select: (spent * 1e3) / selects, compile };
}

/** In words: how the cost of 10,000 destinations stands to that of 10. */
function growthOf([few, , many]: readonly number[]): string {
  const most = SIZES.at(-1)!;
  return many! < 400 || many! < few! * 4 ? "flat" : `${(many! / most).toFixed(1)} ns for each destination`;
}

function rowOf(algorithm: Algorithm, downShare: number): { name: string; selects: number[]; compile: number } {
  // The first round is for the compiler.
  for (const size of SIZES) measure(algorithm, size, downShare);
  const measured = SIZES.map((size) => measure(algorithm, size, downShare));
  return { name: algorithm.name, selects: measured.map(({ select }) => select), compile: measured.at(-1)!.compile };
}

function printTable(title: string, downShare: number, isMarkdown: boolean): void {
  const heads = SIZES.map((size) => size.toLocaleString("en"));
  const last = `compile ${heads.at(-1)}, ms`;
  if (isMarkdown)
    process.stdout.write(
      `\n## ${title}\n\n| algorithm | ${heads.join(" | ")} | growth | ${last} |\n| --- | ---: | ---: | ---: | --- | ---: |\n`,
    );
  else
    process.stdout.write(`${`${title}, ns`.padEnd(32)}${heads.map((head) => head.padStart(10)).join("")}  ${last}\n`);
  for (const algorithm of [...ALGORITHMS, ...COMPAT]) {
    if (names.length > 0 && !names.includes(algorithm.name)) continue;
    const { name, selects, compile } = rowOf(algorithm, downShare);
    const cells = selects.map((ns) => ns.toFixed(0));
    if (isMarkdown)
      process.stdout.write(`| \`${name}\` | ${cells.join(" | ")} | ${growthOf(selects)} | ${compile.toFixed(0)} |\n`);
    else
      process.stdout.write(
        `${name.padEnd(32)}${cells.map((cell) => cell.padStart(10)).join("")}  ${compile.toFixed(0)}  ${growthOf(selects)}\n`,
      );
  }
}

const names = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const isMarkdown = process.argv.includes("--markdown");
if (isMarkdown)
  process.stdout.write(`# What a choice costs

<!-- Written by \`sh tools/with-node bench/dispatch.ts --markdown > docs/reference/algorithm-costs.md\`. -->

Nanoseconds of processor time for one choice of four candidates in sets of 10, 1,000 and 10,000 destinations, weights 1 to 5, over tables in
plain memory: those that all workers share add a few nanoseconds for each look. Figures of one machine, under other load; what they say is how
the cost grows. *Flat*: at 10,000 less than 400 ns, or less than four times that of 10. What grows looks at every destination at every choice,
because that is what it promises: the fewest calls of all, the most room, an order of all for each key, or what Kamailio and OpenSIPS count at each choice. \`two-choices\`
is the flat one for load, \`consistent-hash-bounded\` for bounded keys, \`consistent-hash\` for keys by weight.
`);
printTable("All destinations well", 0, isMarkdown);
printTable("A quarter of them down", 0.25, isMarkdown);
