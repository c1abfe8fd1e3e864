import assert from "node:assert/strict";
import { test } from "node:test";
import { answerChallenge, challengeOf, digestField, digestResponse } from "./digest.ts";
import { parseMessage } from "./parsed-message.ts";

// RFC 7616 3.9.1.
const vector = {
  username: "Mufasa",
  password: "Circle of Life",
  realm: "http-auth@example.org",
  nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
  qop: "auth",
  nc: "00000001",
  cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
  method: "GET",
  uri: "/dir/index.html",
};

test("MD5 and SHA-256 answers are those of RFC 7616", () => {
  assert.equal(digestResponse({ ...vector, algorithm: "MD5" }), "8ca523f5e9506fed4657c9700eebdbec");
  assert.equal(
    digestResponse({ ...vector, algorithm: "SHA-256" }),
    "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
  );
});

test("the strongest of several challenges is answered, in the header that its status asks for", () => {
  const response = parseMessage(
    Buffer.from(
      'SIP/2.0 407 x\r\nProxy-Authenticate: Digest realm="a, b", nonce="1", qop="auth,auth-int"\r\n' +
        'Proxy-Authenticate: Digest realm="a, b", nonce="2", algorithm=SHA-256\r\nCSeq: 1 INVITE\r\n\r\n',
    ),
  );
  assert.ok(response !== null);
  const challenge = challengeOf(response);
  assert.deepEqual([challenge?.nonce, challenge?.algorithm, challenge?.realm], ["2", "SHA-256", "a, b"]);
  const answer = answerChallenge(challenge!, { username: "u", password: "p" }, "INVITE", "sip:x");
  assert.equal(answer.name, "Proxy-Authorization");
  assert.equal(digestField(answer.value, "username"), "u");
});
