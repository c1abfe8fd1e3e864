// The file that changes are written into: where it really is, and what is said when it is not there.
import assert from "node:assert/strict";
import {
  chmodSync,
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
  const { problems, taken } = await file.load(null);
  assert.deepEqual(problems, []);
  taken();
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

it("the file keeps its permissions, whatever the process's umask", async () => {
  const { real, file } = await lab();
  chmodSync(real, 0o664);
  const before = process.umask(0o077);
  try {
    file.stage(`# Changed.\n${TEXT}`).commit();
  } finally {
    process.umask(before);
  }
  assert.equal(lstatSync(real).mode & 0o777, 0o664);
});

it("a file that is gone is a reason to write nothing, not a failure", async () => {
  const { real, link, file } = await lab();
  rmSync(real);
  assert.match(file.whyNotWritable, /ENOENT/);
  assert.ok(file.whyNotWritable.includes(link));
});

it("what somebody has put where the next text waits is not written through", async () => {
  const { folder, real, file } = await lab();
  const victim = join(folder, "victim");
  writeFileSync(victim, "of somebody else");
  symlinkSync(victim, `${real}.new`);
  file.stage(`# Changed.\n${TEXT}`).commit();
  assert.equal(readFileSync(victim, "utf8"), "of somebody else");
  assert.deepEqual([lstatSync(real).isFile(), readFileSync(real, "utf8")], [true, `# Changed.\n${TEXT}`]);
});
