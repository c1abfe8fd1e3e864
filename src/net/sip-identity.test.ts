// Names in certificates, as RFC 5922 reads them.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, test } from "node:test";
import { Authority, type CertificateRequest } from "../../test/kit/certificates.ts";
import { identitiesOf, identityFault, serverNamesOf } from "./sip-identity.ts";

let authority: Authority;
before(async () => {
  authority = await Authority.make();
});
after(() => authority.close());

async function issued(request: CertificateRequest): Promise<X509Certificate> {
  return new X509Certificate((await authority.issue(request)).cert);
}

const CASES: readonly (readonly [string, CertificateRequest, readonly string[]])[] = [
  ["sip URIs come before DNS names", { names: ["URI:sip:example.com", "DNS:host.example.com"] }, ["example.com"]],
  [
    "without a sip URI, DNS names count",
    { names: ["DNS:Host.Example.com", "DNS:b.example.com"] },
    ["host.example.com", "b.example.com"],
  ],
  [
    "a URI of a user, or of another scheme, is nobody's domain",
    { names: ["URI:sip:bob@example.com", "URI:sips:example.com", "DNS:a.example.com"] },
    ["a.example.com"],
  ],
  [
    "a port and parameters of a URI say nothing",
    { names: ["URI:sip:example.com:5061;transport=tls"] },
    ["example.com"],
  ],
  ["the common name counts where there is no other", { names: [], commonName: "old.example.com" }, ["old.example.com"]],
  [
    "the common name counts for nothing beside other names",
    { names: ["DNS:a.example.com"], commonName: "old.example.com" },
    ["a.example.com"],
  ],
  [
    "the common name counts for nothing beside an e-mail address",
    { names: ["email:a@example.com"], commonName: "old.example.com" },
    [],
  ],
];

for (const [title, request, expected] of CASES)
  test(title, async () => assert.deepEqual(identitiesOf(await issued(request)), expected));

test("names are compared as a whole and without regard to case; a wildcard matches nobody", async () => {
  const certificate = await issued({ names: ["DNS:*.example.com", "DNS:example.com", "IP:192.0.2.7"] });
  assert.equal(identityFault(certificate, "EXAMPLE.com"), "");
  assert.equal(identityFault(certificate, "example.com."), "");
  assert.equal(identityFault(certificate, "192.0.2.7"), "");
  for (const host of ["a.example.com", "notexample.com", "com", "", "192.0.2.8", "*.example.org"])
    assert.match(identityFault(certificate, host), /^the certificate is for \*\.example\.com, example\.com/, host);
});

test("a name with a comma in it does not become two names", async () => {
  const certificate = await issued({ names: ["URI:sip:evil.example\\,DNS:good.example.com"] }).catch(() => null);
  if (certificate !== null) assert.notEqual(identityFault(certificate, "good.example.com"), "");
});

test("for the choice by server name, wildcards stay what they are", async () => {
  const certificate = await issued({ names: ["DNS:*.example.com", "URI:sip:example.com"] });
  assert.deepEqual(serverNamesOf(certificate), ["*.example.com", "example.com"]);
});
