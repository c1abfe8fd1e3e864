// npm test: every *.test.ts of the project. Three files at a time: unit tests, and those of BESIDE_OTHERS, which mostly wait. All other
// files under test/ run alone, one after the other, and of BESIDE_OTHERS those that measure, flood or kill, which say so in a line
// "// Runs alone: why". Balancers of tests that share the machine warm up shortly (FAIRLEAD_WARM_UP), those of tests that run alone
// as they do for users. A line per file, failures in full, skips with their reasons. Where one or two files of the whole suite fail
// they run once more, alone: what fails again has failed, what passes then is told at the end as unsteady, and is a defect to be mended.
import { globSync, readFileSync } from "node:fs";
import { run } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect, parseArgs, styleText } from "node:util";
import { endHungFiles } from "./hung-files.ts";

const USAGE = `usage: npm test -- [options] [PATH...]      only files whose path contains one of PATH
  --name PATTERN    only tests whose name matches the regular expression
  --timeout MS      per test (default 120000); a test that needs more says so itself
  --verbose         a line per test
  --list            prints the files and ends`;
/**
 * A file that hangs outside its tests, as one may whose test has failed, is ended after this many milliseconds; by the runner where a test
 * of it has not ended, else by itself a little later (file-limit.ts).
 */
const FILE_TIMEOUT = process.env.FAIRLEAD_LONG === undefined ? 240_000 : 900_000;
const OWN_LIMIT = FILE_TIMEOUT + 10_000;
/** One that blocks its thread does neither. */
const LAST_LIMIT = OWN_LIMIT + 10_000;
const FILE_LIMIT = new URL("file-limit.ts", import.meta.url).href;
const PARALLEL = 3;
/** More files than these do not fail by chance. */
const MOST_UNSTEADY = 2;
const BESIDE_OTHERS =
  /^test\/(?:(?:guide|importers|kit|scenarios|sql|torture)\/|peers\/(?:baresip|chromium|kamailio)-)/;

interface Outcome {
  passed: number;
  failed: number;
  cancelled: number;
  skipped: number;
  todo: number;
}

interface TestReport {
  readonly name: string;
  readonly nesting: number;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly skip?: string | boolean | undefined;
  readonly details: { readonly duration_ms: number; readonly type?: string | undefined; readonly error?: unknown };
}

const root = fileURLToPath(new URL("..", import.meta.url));
const outcomes = new Map<string, Outcome>();
/** Files that ended before their tests did, or with an exit code of their own: each counts as one failure. */
const broken = new Set<string>();
let skips: string[] = [];
let failures: string[] = [];
const unsteady: string[] = [];

function relative(file: string | undefined): string {
  return file === undefined ? "" : file.startsWith(root) ? file.slice(root.length) : file;
}

function paint(colour: "green" | "red" | "yellow" | "dim", text: string): string {
  return styleText(colour, text, { stream: process.stdout });
}

function place(report: TestReport): string {
  return `${relative(report.file)}:${report.line ?? 1}: ${report.name}`;
}

function noteFailure(report: TestReport): void {
  const { error } = report.details;
  const failureType = (error as { failureType?: string } | undefined)?.failureType;
  // A suite or a file that failed because a test in it did: the test itself has been told.
  if (failureType === "subtestsFailed") return;
  const cause = (error as { cause?: unknown } | undefined)?.cause ?? error;
  const text = typeof cause === "string" ? cause : inspect(cause, { depth: 4, colors: false });
  failures.push(place(report));
  if (report.file === report.name) broken.add(relative(report.file));
  console.log(`${paint("red", "not ok")} ${place(report)}\n${text.replaceAll(/^/gm, "    ")}`);
}

function lineOf(file: string, counts: Outcome, milliseconds: number): string {
  const bad = counts.failed + counts.cancelled;
  const parts = [`${counts.passed} passed`];
  if (bad > 0) parts.push(paint("red", `${bad} failed`));
  if (counts.skipped > 0) parts.push(paint("yellow", `${counts.skipped} skipped`));
  const mark = bad > 0 ? paint("red", "not ok") : paint("green", "ok");
  return `${mark} ${relative(file)}  ${parts.join(", ")} ${paint("dim", `(${(milliseconds / 1000).toFixed(1)} s)`)}`;
}

async function runFiles(files: string[], concurrency: number, options: TestOptions): Promise<void> {
  if (files.length === 0) return;
  const stream = run({
    files: files.map((file) => `${root}${file}`),
    concurrency,
    timeout: FILE_TIMEOUT,
    // Not --test-force-exit: a file may then end before it has said how its tests went.
    execArgv: [
      `--test-timeout=${options.timeout}`,
      `--import=${FILE_LIMIT}`,
      // Who runs alone may measure: V8's helpers would collect the test's garbage on the cores of what it measures.
      ...(concurrency === 1 ? ["--single-threaded-gc"] : []),
    ],
    ...(options.name === undefined ? {} : { testNamePatterns: [new RegExp(options.name)] }),
  });
  for await (const event of stream) {
    if (event.type === "test:fail") noteFailure(event.data);
    else if (event.type === "test:pass") {
      const report: TestReport = event.data;
      if (report.skip !== undefined && report.skip !== false) {
        skips.push(`${place(report)}: ${report.skip === true || report.skip === "" ? "no reason given" : report.skip}`);
      } else if (options.verbose && report.details.type !== "suite") {
        console.log(`${paint("green", "ok")} ${place(report)} (${report.details.duration_ms.toFixed(0)} ms)`);
      }
    } else if (event.type === "test:summary") {
      const { file, counts, duration_ms } = event.data;
      if (file === undefined) continue;
      outcomes.set(relative(file), counts);
      console.log(lineOf(file, counts, duration_ms));
    } else if (event.type === "test:stderr" && options.verbose) process.stderr.write(event.data.message);
    else if (event.type === "test:stdout" || event.type === "test:diagnostic") tellScore(event.data.message);
  }
  for (const file of files) {
    if (outcomes.has(file) || broken.has(file)) continue;
    broken.add(file);
    failures.push(`${file}:1: it ended without saying how`);
  }
}

/** What tests print is shown where it is a result of its own (`torture: 49 of 49 accepted`); the rest would be noise. */
function tellScore(message: string): void {
  for (const line of message.split("\n")) if (/^\S.*\b\d+ of \d+\b/.test(line)) console.log(line);
}

interface TestOptions {
  readonly name: string | undefined;
  readonly timeout: number;
  readonly verbose: boolean;
}

function runsAlone(file: string): boolean {
  if (!file.startsWith("test/")) return false;
  return !BESIDE_OTHERS.test(file) || /^\/\/ Runs alone: /m.test(readFileSync(`${root}${file}`, "utf8"));
}

function failedFiles(): string[] {
  const red = [...outcomes].filter(([, { failed, cancelled }]) => failed + cancelled > 0).map(([file]) => file);
  return [...new Set([...red, ...broken])];
}

/** Whatever else the machine does now and then must not hide what the tests say; that they are unsteady must not be hidden either. */
async function runAgain(files: string[], options: TestOptions): Promise<void> {
  if (files.length === 0 || files.length > MOST_UNSTEADY) return;
  console.log(`\nonce more, alone: ${files.join(", ")}`);
  const isOfThese = (told: string): boolean => files.some((file) => told.startsWith(`${file}:`));
  const before = failures;
  failures = [];
  broken.clear();
  skips = skips.filter((skip) => !isOfThese(skip));
  for (const file of files) outcomes.delete(file);
  await runFiles(files, 1, options);
  const stillRed = failedFiles();
  unsteady.push(...before.filter((failure) => !stillRed.some((file) => failure.startsWith(`${file}:`))));
}

function total(): Outcome {
  const sum: Outcome = { passed: 0, failed: broken.size, cancelled: 0, skipped: 0, todo: 0 };
  for (const counts of outcomes.values()) {
    for (const name of Object.keys(sum) as (keyof Outcome)[]) sum[name] += counts[name];
  }
  return sum;
}

function summarise(milliseconds: number): number {
  if (skips.length > 0) console.log(`\nskipped:\n${skips.map((skip) => `  ${skip}`).join("\n")}`);
  if (unsteady.length > 0) {
    console.log(
      `\nunsteady (failed, and passed when run again alone):\n${unsteady.map((one) => `  ${one}`).join("\n")}`,
    );
  }
  if (failures.length > 0) console.log(`\nfailed:\n${failures.map((failure) => `  ${failure}`).join("\n")}`);
  const { passed, failed, cancelled, skipped, todo } = total();
  console.log(
    `\nℹ tests ${passed + failed + cancelled + skipped + todo}\nℹ pass ${passed}\nℹ fail ${failed}\nℹ cancelled ${cancelled}`,
  );
  console.log(`ℹ skipped ${skipped}\nℹ todo ${todo}\nℹ duration_ms ${milliseconds.toFixed(0)}`);
  return failed + cancelled > 0 ? 1 : 0;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      name: { type: "string" },
      timeout: { type: "string", default: "120000" },
      verbose: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const all = globSync("{src,test,tools,bench}/**/*.test.ts", { cwd: root }).sort();
  const files = positionals.length === 0 ? all : all.filter((file) => positionals.some((part) => file.includes(part)));
  if (files.length === 0) {
    console.error("no test file matches");
    return 2;
  }
  if (values.list) {
    console.log(files.join("\n"));
    return 0;
  }
  const options = { name: values.name, timeout: Number(values.timeout), verbose: values.verbose };
  const started = performance.now();
  // Hundreds of processes load the same files: compiled once, each takes half of the processor time to start.
  process.env.FAIRLEAD_FILE_LIMIT = `${OWN_LIMIT / 1000}`;
  process.env.NODE_COMPILE_CACHE ??= `${root}node_modules/.cache/compiled`;
  // A hundred balancers that each warm up as for thousands of calls would be most of what the cores do.
  process.env.FAIRLEAD_WARM_UP = "short";
  endHungFiles(LAST_LIMIT / 1000, (pid) => console.log(`a file that blocks its thread is ended: process ${pid}`));
  await runFiles(
    files.filter((file) => !runsAlone(file)),
    PARALLEL,
    options,
  );
  delete process.env.FAIRLEAD_WARM_UP;
  await runFiles(files.filter(runsAlone), 1, options);
  // Whoever asks for some files wants to see what they do.
  if (positionals.length === 0) await runAgain(failedFiles(), options);
  return summarise(performance.now() - started);
}

process.exitCode = await main();
