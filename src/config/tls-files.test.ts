// Files of TLS profiles: what is wrong with them is told before anything is in force.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Authority, type Certificate } from "../../test/kit/certificates.ts";
import type { ConfigIo } from "./io.ts";
import { type Loaded, loadYaml } from "./load.ts";
import { written } from "./written.ts";

let authority: Authority;
let files: Record<string, string>;
before(async () => {
  authority = await Authority.make();
  const issue = async (name: string, made: Promise<Certificate>): Promise<void> => {
    const { cert, key } = await made;
    files[`/etc/fl/${name}.pem`] = cert;
    files[`/etc/fl/${name}.key`] = key;
  };
  files = { "/etc/fl/ca.pem": authority.ca, "/etc/fl/empty.pem": "nothing of the kind\n" };
  await issue("good", authority.issue({ names: ["DNS:lb.example.com"] }));
  await issue("soon", authority.issue({ days: 5 }));
  await issue("old", authority.issue({ days: -1 }));
  await issue("future", authority.issue({ begins: 3, days: 30 }));
  await issue("locked", authority.issue({ passphrase: "a horse and a battery" }));
});
after(() => authority.close());

function problems(profile: unknown, variables: Readonly<Record<string, string>> = {}): string[] {
  return load(profile, variables).problems.map(
    ({ line, column, severity, what }) => `${line}:${column} ${severity}: ${what}`,
  );
}

function load(profile: unknown, variables: Readonly<Record<string, string>>): Loaded {
  return loadText(
    'listeners: ["tls://127.0.0.1:5061"]\nsets: {1: {destinations: ["sips:10.0.0.1"]}}\ntls:\n' +
      `  default: ${JSON.stringify(profile)}\n`,
    variables,
  );
}

function loadText(text: string, variables: Readonly<Record<string, string>> = {}): Loaded {
  const io: ConfigIo = {
    readFile(path) {
      const text = files[path];
      if (text === undefined)
        throw Object.assign(new Error("none"), { code: path.includes("secret") ? "EACCES" : "ENOENT" });
      return text;
    },
    environment: (name) => variables[name],
    now: () => Date.now(),
    cores: 4,
  };
  return loadYaml(text, "/etc/fl/f.yaml", io);
}

const one = (cert: string, key = cert.replace(".pem", ".key"), more: object = {}) => ({
  certificates: [{ cert, key, ...more }],
});

test("a good certificate is no problem, and one that ends soon is a warning", () => {
  assert.deepEqual(problems(one("good.pem")), []);
  assert.deepEqual(
    problems({ ...one("good.pem"), ca: "ca.pem", client_certificate: "require", minimum_version: 1.3 }),
    [],
  );
  const [warning, ...others] = problems(one("soon.pem"));
  assert.match(warning ?? "", /^4:\d+ warning: the certificate in soon\.pem expires on \d{4}-\d\d-\d\d, in [45] days$/);
  assert.deepEqual(others, []);
});

const BROKEN: readonly (readonly [string, unknown, RegExp])[] = [
  ["a missing file", one("none.pem", "good.key"), /^4:\d+ error: file none\.pem cannot be read: ENOENT$/],
  ["a key that may not be read", one("good.pem", "secret.key"), /error: file secret\.key cannot be read: EACCES$/],
  [
    "another certificate's key",
    one("good.pem", "soon.key"),
    /error: the key in soon\.key is not that of the certificate in good\.pem$/,
  ],
  ["an expired certificate", one("old.pem"), /error: the certificate in old\.pem expired on \d/],
  ["one that is not valid yet", one("future.pem"), /error: the certificate in future\.pem is not valid before \d/],
  ["a file without certificate", one("empty.pem", "good.key"), /error: file empty\.pem holds no certificate$/],
  ["a key file without key", one("good.pem", "empty.pem"), /error: file empty\.pem: it holds no private key in PEM$/],
  [
    "a key and a certificate in each other's place",
    one("good.key", "good.pem"),
    /error: file good\.key holds no certificate/,
  ],
  [
    "an encrypted key without passphrase",
    one("locked.pem"),
    /error: file locked\.key: the key is encrypted and there is no passphrase$/,
  ],
  [
    "a wrong passphrase",
    one("locked.pem", "locked.key", { passphrase: "a cow" }),
    /error: file locked\.key: the passphrase is wrong$/,
  ],
  [
    "a passphrase that is not set",
    one("locked.pem", "locked.key", { passphrase: "${PASS}" }),
    /error: environment variable PASS is not set$/,
  ],
  [
    "client certificates that nobody signs",
    { ...one("good.pem"), client_certificate: "require" },
    /error: client_certificate: require without ca/,
  ],
  [
    "connection reuse where clients prove nothing",
    { ...one("good.pem"), connection_reuse: true },
    /error: connection_reuse is for connections whose both ends have proved who they are/,
  ],
  [
    "connection reuse where destinations prove nothing",
    { ...one("good.pem"), ca: "ca.pem", client_certificate: "require", verify: false, connection_reuse: true },
    /error: connection_reuse is for connections whose both ends have proved who they are/,
  ],
  [
    "a ca file without certificate",
    { ...one("good.pem"), ca: "empty.pem" },
    /error: file empty\.pem holds no certificate$/,
  ],
  [
    "ciphers that OpenSSL does not know",
    { ...one("good.pem"), ciphers: "VERY-GOOD-ONES" },
    /error: OpenSSL does not take these ciphers: /,
  ],
  ["a version of the past", { ...one("good.pem"), minimum_version: "1.1" }, /error: /],
  [
    "a profile without certificate on a listener",
    { ca: "ca.pem" },
    /^1:13 error: tls:\/\/127\.0\.0\.1:5061 has no certificate/,
  ],
];

for (const [title, profile, expected] of BROKEN)
  test(`${title} is an error that names the file`, () => {
    const found = problems(profile);
    assert.ok(
      found.some((line) => expected.test(line)),
      JSON.stringify(found),
    );
  });

test("a profile that believes everybody is a warning", () => {
  const [warning, ...others] = problems({ ...one("good.pem"), verify: false });
  assert.match(warning ?? "", /^4:\d+ warning: destinations of TLS profile "default" need not prove who they are$/);
  assert.deepEqual(others, []);
});

test("the configuration in force shows a profile as it was written, and no secret of it", () => {
  const passphrase = "a horse and a battery";
  const profile = {
    certificates: [{ cert: "locked.pem", key: "locked.key", passphrase }],
    ca: "ca.pem",
    client_certificate: "request",
    verify: false,
    minimum_version: "1.3",
    ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256",
  };
  const { config } = load(profile, {});
  assert.ok(config);
  const shown = written(config).tls?.default;
  const hidden = { cert: "locked.pem", key: "locked.key", passphrase: "[secret from configuration]" };
  assert.deepEqual(shown, { ...profile, certificates: [hidden] });
  assert.ok(!/battery|PRIVATE KEY/.test(JSON.stringify([config.tls, shown])));
});

test("an encrypted key opens with its passphrase, which is told to nobody", () => {
  const secret = "a horse and a battery";
  assert.deepEqual(problems(one("locked.pem", "locked.key", { passphrase: "${PASS}" }), { PASS: secret }), []);
  const told = JSON.stringify(problems({ ...one("locked.pem", "locked.key", { passphrase: 17 }) }));
  assert.ok(!told.includes("17"), told);
});

test("a listener may name its certificate and key itself, and what is wrong with them is told there", () => {
  const listening = (more: string) =>
    loadText(`listeners:\n  - {uri: "tls://127.0.0.1:5061", ${more}}\nsets: {1: {destinations: ["sips:10.0.0.1"]}}\n`);
  const texts = ({ problems }: Loaded) => problems.map(({ line, column, what }) => `${line}:${column} ${what}`);
  const good = listening("certificate: good.pem, key: good.key");
  assert.deepEqual(texts(good), []);
  assert.equal(good.config?.listeners[0]?.tls, "listener-1");
  assert.deepEqual(
    good.config?.tls.map(({ name, certificates }) => [name, certificates[0]?.names]),
    [["listener-1", ["lb.example.com"]]],
  );
  const again = loadText(JSON.stringify(written(good.config!)));
  assert.deepEqual(texts(again), []);
  for (const [more, expected] of [
    ["certificate: good.pem, key: soon.key", /^2:\d+ the key in soon.key is not that of the certificate in good.pem/],
    ["certificate: none.pem, key: good.key", /^2:\d+ file none.pem cannot be read: ENOENT/],
    ["certificate: good.pem", /^2:\d+ certificate and key belong together/],
    ["key: good.key", /^2:\d+ certificate and key belong together/],
    ["certificate: good.pem, key: good.key, tls: default", /^2:\d+ a profile and a certificate of its own/],
  ] as const)
    assert.match(texts(listening(more))[0] ?? "", expected);
});
