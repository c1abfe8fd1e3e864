// How much has to come before somebody looks at it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { areWorthReading, FirstWords } from "./first-words.ts";

const HELLO = `\x16\x03\x01\x00\x0a${"h".repeat(10)}`;
const HEADERS = "OPTIONS sip:a@b SIP/2.0\r\nCSeq: 1 OPTIONS\r\n\r\n";
const UPGRADE = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** After how many bytes of a text, which come one by one, it is worth reading; 0: never. */
function worthAfter(words: FirstWords, text: string): number {
  // What was there before must not be taken for what has come.
  const bytes = Buffer.alloc(text.length + 64, "\r\n\r\n", "latin1");
  bytes.write(text, "latin1");
  for (let length = 1; length <= text.length; length++)
    if (areWorthReading(words, bytes, length, length - 1)) return length;
  return 0;
}

test("headers are worth reading when the empty line behind them has come, however they are cut", () => {
  assert.equal(worthAfter(FirstWords.sip, `${HEADERS}body`), HEADERS.length);
  assert.equal(worthAfter(FirstWords.http, `${UPGRADE}more`), UPGRADE.length);
  assert.equal(worthAfter(FirstWords.sip, HEADERS.slice(0, -1)), 0);
  const bytes = Buffer.from(HEADERS, "latin1");
  for (let seen = 0; seen < bytes.length; seen++)
    assert.ok(areWorthReading(FirstWords.sip, bytes, bytes.length, seen), `${seen} had been seen`);
});

test("a handshake is worth reading when its first record is whole", () => {
  assert.equal(worthAfter(FirstWords.tls, `${HELLO}more`), HELLO.length);
  assert.equal(worthAfter(FirstWords.tls, HELLO.slice(0, -1)), 0);
});

test("what is something else is worth reading at once", () => {
  for (const text of ["\r\n\r\n", "\n", HELLO, "\0", " OPTIONS"]) assert.equal(worthAfter(FirstWords.sip, text), 1);
  assert.equal(worthAfter(FirstWords.tls, HEADERS), 1);
  assert.equal(worthAfter(FirstWords.http, HELLO), 1);
  assert.equal(worthAfter(FirstWords.http, "GET / HTTP/1.1\nHost: a\n\n"), 15);
});

test("nothing is worth nothing", () => {
  for (const words of Object.values(FirstWords))
    assert.equal(areWorthReading(words, Buffer.from(HEADERS), 0, 0), false);
});
