import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseDestinationUri } from "./destination-uri.ts";

const ADDRESSES = ["10.0.0.1", "0.0.0.0", "255.255.255.255", "256.0.0.1", "010.0.0.1", "1.2.3", "1.2.3.4.5", "1..2.3"];
const PORTS = ["", ":", ":0", ":00", ":1", ":05060", ":65535", ":65536", ":99999", ":123456", ":-1", ": 1"];

describe("the URI of a destination", () => {
  it("that is an address and a port means the same in both spellings of its scheme, right or wrong", () => {
    let fine = 0;
    for (const address of ADDRESSES)
      for (const port of PORTS) {
        const quick = parseDestinationUri(`sip:${address}${port}`);
        // Capitals go the way of every other URI.
        const slow = parseDestinationUri(`SIP:${address}${port}`);
        assert.deepEqual(typeof quick === "string" ? quick.replace('"sip:', '"SIP:') : quick, slow, address + port);
        if (typeof quick !== "string") fine++;
      }
    assert.equal(fine, 3 * 4);
  });

  it("that is an address has no name to be looked up, and the port that was written", () => {
    const usual = { scheme: "sip", user: undefined, host: "10.0.0.1", transport: "udp", lookUp: "none" };
    assert.deepEqual(parseDestinationUri("sip:10.0.0.1"), { ...usual, port: undefined });
    assert.deepEqual(parseDestinationUri("sip:10.0.0.1:5080"), { ...usual, port: 5080 });
    assert.equal(parseDestinationUri("sip:10.0.0.1:0"), '"0" is not a port');
  });
});
