// RFC 5118: IPv6 addresses where they may stand and where they may not, received over IPv4 and over IPv6.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readCase, readVerdicts, skip } from "./corpora.ts";
import { faultsOfForwarded } from "./faults.ts";
import { Ground } from "./ground.ts";

for (const [place, sender] of [
  [3, "127.0.26.3"],
  [4, "::1"],
] as const) {
  test(`RFC 5118: all is understood but an address without brackets [from ${sender}]`, { skip }, async () => {
    const listeners = (port: number) => [`udp://127.0.0.1:${port}`, `udp://[::1]:${port}`];
    const config = (port: number) => ({ listeners: listeners(port) });
    const ground = await Ground.open({ place, sender, forwarding: "stateful", config });
    const verdicts = readVerdicts<{ name: string }>("rfc5118/verdicts.json");
    const bad: string[] = [];
    try {
      for (const { name } of verdicts) {
        const bytes = readCase(`rfc5118/wire/${name}.dat`);
        const { code, forwarded } = await ground.tries(bytes);
        const wanted = name === "ipv6-bad" ? "400" : "F";
        const faults = forwarded.flatMap((one) => faultsOfForwarded(one, bytes));
        if (code !== wanted || faults.length > 0)
          bad.push(`${name}: ${code} instead of ${wanted} ${faults.join(", ")}`);
      }
      await ground.addsUp();
    } finally {
      await ground.close();
    }
    console.log(`RFC 5118 from ${sender}: ${verdicts.length - bad.length} of ${verdicts.length}`);
    assert.deepEqual(bad, []);
    assert.equal(verdicts.length, 12);
  });
}
