// `npm run docs`: writes docs/reference/ from the registries and the schema. `--check`: exit 1 when a page is not up to date.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { openapiOf } from "../src/admin/openapi.ts";
import { OPERATIONS } from "../src/admin/routes/index.ts";
import { schema } from "../src/config/schema.ts";
import { PACKAGE } from "../src/package-facts.ts";
import { adminApiPage } from "./docs-admin-api.ts";
import { algorithmsPage } from "./docs-algorithms.ts";
import { commandsPage } from "./docs-commands.ts";
import { configurationPage, type JsonSchema } from "./docs-configuration.ts";
import { metricsPage } from "./docs-metrics.ts";

const FOLDER = fileURLToPath(new URL("../docs/reference/", import.meta.url));

const json = z.toJSONSchema(schema, { io: "input" }) as JsonSchema;
const PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  "configuration.md": () => configurationPage(json),
  "fairlead.schema.json": () => `${JSON.stringify({ title: "fairlead.yaml", ...json }, null, 2)}\n`,
  "algorithms.md": algorithmsPage,
  "commands.md": commandsPage,
  "openapi.json": () => `${JSON.stringify(openapiOf(OPERATIONS, PACKAGE.version), null, 2)}\n`,
  "admin-api.md": adminApiPage,
  "metrics.md": metricsPage,
};

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const isCheck = process.argv.includes("--check");
mkdirSync(FOLDER, { recursive: true });
for (const [name, page] of Object.entries(PAGES)) {
  const text = await page();
  if (textOf(FOLDER + name) === text) continue;
  if (isCheck) {
    process.stderr.write(`docs/reference/${name} is not up to date: npm run docs\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(FOLDER + name, text);
    process.stdout.write(`docs/reference/${name}\n`);
  }
}
