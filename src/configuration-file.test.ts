// The file that changes are written into: where it really is, and what is said when it is not there.
import assert from "node:assert/strict";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import { NO_OPTIONS } from "./config/io-fake.ts";
import { ConfigurationFile } from "./configuration-file.ts";
import { Sources } from "./sources/sources.ts";
import { TableReader } from "./sources/table-reader.ts";

const TEXT = 'listeners: ["udp://127.0.0.1:23015"]\nsets: {a: {destinations: ["sip:10.0.0.1"]}}\n';

/** A configuration under `versions`, and a link that leads there. */
async function lab() {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-file-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const [real, link] = [join(folder, "versions", "fairlead.yaml"), join(folder, "fairlead.yaml")];
  mkdirSync(join(folder, "versions"));
  writeFileSync(real, TEXT, { mode: 0o640 });
  symlinkSync(join("versions", "fairlead.yaml"), link);
  const file = new ConfigurationFile([link], NO_OPTIONS, new Sources(new TableReader(), () => 0));
  assert.deepEqual((await file.load(null)).problems, []);
  return { folder, real, link, file };
}

it("a link stays one: what it leads to is what is written", async () => {
  const { folder, real, link, file } = await lab();
  assert.equal(file.whyNotWritable, "");
  file.stage(`# Changed.\n${TEXT}`).commit();
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.deepEqual([readFileSync(real, "utf8"), lstatSync(real).mode & 0o777], [`# Changed.\n${TEXT}`, 0o640]);
  assert.deepEqual([readdirSync(folder).sort(), file.whyNotWritable], [["fairlead.yaml", "versions"], ""]);
});

it("a file that is gone is a reason to write nothing, not a failure", async () => {
  const { real, link, file } = await lab();
  rmSync(real);
  assert.match(file.whyNotWritable, /ENOENT/);
  assert.ok(file.whyNotWritable.includes(link));
});
