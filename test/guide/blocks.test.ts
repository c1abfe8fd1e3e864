// Whatever configuration a page of the guide shows, somebody will copy: its keys exist, and stand where they belong; its files, variables
// and sets are those that the page says are there.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { fakeIo, NO_OPTIONS } from "../../src/config/io-fake.ts";
import { readConfiguration } from "../../src/config/open.ts";
import { Authority } from "../kit/certificates.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PAGES = ["README.md", ...readdirSync(`${ROOT}docs/guide`).map((name) => `docs/guide/${name}`)];
/** Sections that a page leaves out because it speaks of others. */
const REST = { listeners: ["udp://127.0.0.1:5060", "tcp://127.0.0.1:5060"] };
/** Sets that routes of a page lead to, and that the page takes as known. Every page may speak of `media`. */
const SETS: Readonly<Record<string, readonly string[]>> = {
  "docs/guide/configuration.md": ["registrars"],
  "docs/guide/resources.md": ["gateways"],
  "docs/guide/routing.md": ["customers", "germany", "switzerland"],
};
const VARIABLES = {
  DB_PASSWORD: "secret of the database",
  FAIRLEAD_KEY: "0123456789abcdef0123456789abcdef",
  SIP_KEY: "secret of the key",
};
const authority = await Authority.make();
const [open, locked, ours] = await Promise.all([
  authority.issue(),
  authority.issue({ passphrase: VARIABLES.SIP_KEY }),
  authority.issue(),
]);
await authority.close();
/** By path; the configuration stands in the root. */
const FILES = {
  "/alice.token": "a token that alice has alone",
  "/wallboard.token": "a token of the wallboard alone",
  "/etc/fairlead/panel.token": "a token of the panel alone",
  "/etc/fairlead/old-key": "fedcba9876543210fedcba9876543210",
  "/etc/fairlead/alerts.url": "https://alerts.example.com/fairlead",
  "/fill-up.ts": readFileSync(`${ROOT}examples/fill-up.ts`, "utf8"),
  "/etc/fairlead/sip.pem": open.cert,
  "/etc/fairlead/sip.key": open.key,
  "/etc/fairlead/sip.example.com.pem": open.cert,
  "/etc/fairlead/sip.example.com.key": open.key,
  "/sip.pem": locked.cert,
  "/sip.key": locked.key,
  "/ours.pem": ours.cert,
  "/ours.key": ours.key,
  "/partners.pem": authority.ca,
  "/carrier-ca.pem": authority.ca,
};

/** What is wrong about a block of a page, in words. */
function errorsOf(page: string, text: string): string[] {
  const given = parse(text) as Readonly<Record<string, unknown>>;
  const known = Object.fromEntries(["media", ...(SETS[page] ?? [])].map((name) => [name, {}]));
  const sets = (given.sets ?? known) as object;
  const isWhole = Object.keys(sets).length < 2 || given.routes !== undefined;
  const whole = { ...REST, sets, ...(isWhole ? {} : { routes: [{ drop: true }] }), ...given };
  const io = { ...fakeIo({ ...FILES, "/f.yaml": JSON.stringify(whole) }, VARIABLES), now: Date.now };
  const { problems } = readConfiguration(["/f.yaml"], NO_OPTIONS, io);
  return problems.filter(({ severity }) => severity === "error").map(({ what, hint }) => `${what} (${hint})`);
}

for (const page of PAGES) {
  const blocks = [...readFileSync(ROOT + page, "utf8").matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(
    ([, text = ""]) => text,
  );
  if (blocks.length === 0) continue;
  test(`${page}: what it shows of fairlead.yaml can be copied`, () => {
    for (const text of blocks) assert.deepEqual(errorsOf(page, text), [], text);
  });
}

test("a set, a file or a variable that a page does not have is an error", () => {
  assert.match(errorsOf("README.md", "routes: [{set: registrars}]").join(), /there is no set "registrars"/);
  assert.match(errorsOf("README.md", "keys: [{file: other-key}]").join(), /other-key cannot be read/);
  assert.match(errorsOf("README.md", 'keys: ["${OTHER}"]').join(), /OTHER is not set/);
});
