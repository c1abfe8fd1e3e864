// What `fairlead algorithm check` does.
import { readFileSync } from "node:fs";
import { whyUnreadable } from "../../config/why-unreadable.ts";
import { tryCost } from "../../own/choice-cost.ts";
import { placeIn } from "../../own/module-text.ts";
import { moduleText, openModule, PROMISES, tryOut } from "../../own/own-module.ts";
import { ExitCode } from "../exit-code.ts";

/** Random sets for each clause that takes some. */
const ROUNDS = 200;
/** Milliseconds for each clause, and for measuring each size. */
const TIME = 10_000;
const SIZES = [10, 1_000, 10_000];

/** Tries the module out, tells what came of it, and sets the exit code. */
export function checkAlgorithm(file: string): void {
  const text = readFileOr(file);
  if (text === null) return;
  const opened = openModule("own", moduleText(file, text));
  if (!opened.ok) {
    process.stderr.write(`${placeIn(file, opened)}: error: ${opened.what}\n`);
    process.exitCode = ExitCode.invalidConfiguration;
    return;
  }
  const { algorithm } = opened;
  const heapUsed = (): number => process.memoryUsage().heapUsed;
  let kept = 0;
  const verdicts = tryOut(algorithm, { rounds: ROUNDS, heapUsed }, TIME);
  for (const { title, broken, fault } of verdicts) {
    if (broken === "") {
      kept++;
      process.stdout.write(`ok ${title}\n`);
      continue;
    }
    process.stdout.write(`not ok ${title}\n   ${fault === null ? "" : `${placeIn(file, fault)}: `}${broken}\n`);
  }
  process.stdout.write(`${kept} of ${PROMISES} promises kept\n`);
  if (kept < PROMISES) {
    process.exitCode = ExitCode.failure;
    return;
  }
  const costs: string[] = [];
  for (const size of SIZES) {
    const measured = tryCost(algorithm, size, TIME, () => performance.now());
    if (!measured.ok) {
      process.stdout.write(`not ok a set of ${size} destinations\n   ${placeIn(file, measured)}: ${measured.what}\n`);
      process.exitCode = ExitCode.failure;
      return;
    }
    costs.push(`${measured.cost.toFixed(0)} ns for ${size}`);
  }
  process.stdout.write(`one choice of four candidates: ${costs.join(", ")} destinations\n`);
}

function readFileOr(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    process.stderr.write(`${file}: error: the file cannot be read: ${whyUnreadable(error)}\n`);
    process.exitCode = ExitCode.invalidConfiguration;
    return null;
  }
}
