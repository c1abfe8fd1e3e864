// Lists of revoked certificates: what is wrong with one is told before it keeps everybody out.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Authority } from "../../test/kit/certificates.ts";
import type { ConfigIo } from "./io.ts";
import { loadYaml } from "./load.ts";
import { readRevocations } from "./revocations.ts";
import { written } from "./written.ts";

let authority: Authority;
const files: Record<string, string> = {};
before(async () => {
  authority = await Authority.make();
  const other = await Authority.make("Somebody else");
  const own = await authority.issue();
  files["own.pem"] = own.cert;
  files["own.key"] = own.key;
  files["ca.pem"] = authority.ca;
  files["both.pem"] = authority.ca + other.ca;
  files["good.crl"] = await authority.revokes([own]);
  files["other.crl"] = await other.revokes([]);
  files["old.crl"] = await authority.revokes([], -1);
  files["soon.crl"] = await authority.revokes([], 0.5);
  files["both.crl"] = files["good.crl"] + files["other.crl"];
  files["second-old.crl"] = files["other.crl"] + files["old.crl"];
  files["cut.crl"] = files["good.crl"].replace(/\n.{40}/, "\n");
  await other.close();
});
after(() => authority.close());

function load(profile: object) {
  const io: ConfigIo = {
    readFile(path) {
      const text = files[path.replace("/etc/fl/", "")];
      if (text === undefined) throw Object.assign(new Error("none"), { code: "ENOENT" });
      return text;
    },
    environment: () => undefined,
    now: () => Date.now(),
    cores: 4,
  };
  const all = { certificates: [{ cert: "own.pem", key: "own.key" }], ...profile };
  const text = `listeners: ["tls://127.0.0.1:5061"]\nsets: {1: {destinations: ["sips:10.0.0.1"]}}\ntls:\n  default: ${JSON.stringify(all)}\n`;
  return loadYaml(text, "/etc/fl/f.yaml", io);
}

function problems(profile: object): string[] {
  return load(profile).problems.map(({ line, severity, what }) => `${line} ${severity}: ${what}`);
}

test("a list in force is no problem, and is written as it was read", () => {
  const profile = { ca: "ca.pem", crl: "good.crl", client_certificate: "require" };
  assert.deepEqual(problems(profile), []);
  assert.deepEqual(problems({ ca: "both.pem", crl: "both.crl" }), []);
  const { config } = load(profile);
  assert.equal(written(config!).tls?.default?.crl, "good.crl");
});

test("what would keep everybody out is an error that names the file and the list", () => {
  for (const [profile, wanted] of [
    [{ crl: "good.crl" }, /^4 error: crl without ca/],
    [{ ca: "ca.pem", crl: "none.crl" }, /^4 error: file none\.crl cannot be read: ENOENT$/],
    [{ ca: "ca.pem", crl: "ca.pem" }, /^4 error: file ca\.pem holds no revocation list$/],
    [{ ca: "ca.pem", crl: "old.crl" }, /^4 error: file old\.crl: revocation list 1 of 1 ran out on 20/],
    [{ ca: "both.pem", crl: "second-old.crl" }, /^4 error: file second-old\.crl: revocation list 2 of 2 ran out on 20/],
    [{ ca: "ca.pem", crl: "cut.crl" }, /^4 error: file cut\.crl: revocation list 1 of 1 cannot be read$/],
  ] as const) {
    const [first = "", ...others] = problems(profile).filter((text) => text.includes("error"));
    assert.match(first, wanted);
    assert.deepEqual(others, []);
  }
});

test("a list that is about to run out, and an authority without one, are warnings", () => {
  const [soon = ""] = problems({ ca: "ca.pem", crl: "soon.crl" });
  assert.match(soon, /^4 warning: file soon\.crl: revocation list 1 of 1 runs out on 20.*nobody is believed$/);
  const [missing = ""] = problems({ ca: "both.pem", crl: "good.crl" });
  assert.match(missing, /^4 warning: file good\.crl has no list of CN=Somebody else, so nobody is believed/);
});

test("the next list of an authority that says the same is told from one that says more", async () => {
  const [first, second] = [await authority.issue(), await authority.issue()];
  const lists = [[first], [first], [first, second], []].map((revoked) => authority.revokes(revoked));
  const [old, next, longer, empty] = (await Promise.all(lists)).map((pem) => readRevocations(pem)[0]!);
  assert.equal(old!.revoked, next!.revoked);
  assert.notEqual(old!.revoked, longer!.revoked);
  assert.equal(empty!.revoked, "");
  assert.equal(new Set([old, next, longer, empty].map((each) => each!.issuer)).size, 1);
});

test("no bytes at all make the reader of lists throw", () => {
  const der = Buffer.from(files["good.crl"]!.replace(/-----[^-]*-----/g, ""), "base64");
  const pem = (bytes: Buffer) => `-----BEGIN X509 CRL-----\n${bytes.toString("base64")}\n-----END X509 CRL-----\n`;
  assert.notEqual(readRevocations(pem(der))[0], null);
  for (let at = 0; at < der.length; at++) {
    assert.equal(readRevocations(pem(der.subarray(0, at)))[0] ?? null, null);
    for (const byte of [0x00, 0x7f, 0x80, 0x84, 0xff]) {
      const changed = Buffer.from(der);
      changed[at] = byte;
      readRevocations(pem(changed));
    }
  }
});
