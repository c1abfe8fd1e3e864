// What Kamailio's and OpenSIPS's commands say of destinations that are probed.
import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const TOKEN = "a-token-of-the-test-01";
interface Dest {
  readonly URI: string;
  readonly ATTRS: { readonly PROBING_COUNT: number };
  readonly LATENCY?: Readonly<Record<"AVG" | "STD" | "EST" | "MAX" | "TIMEOUT", number>>;
}

scenario(
  "dispatcher.list: round trips of who answers probes, timeouts of who does not, and how many in a row",
  { io: "portable" },
  async ({ lb, destination }) => {
    const [well, silent] = [destination.answers(200), destination.silent()];
    const probe = { every: "200ms", timeout: "300ms", down_after: 900 };
    const tokens = [{ name: "test", role: "admin", token: TOKEN }];
    await lb.dispatches(
      1,
      "kamailio:4",
      [well, silent],
      { probe },
      { admin: { listen: lb.adminUrl, kamailio_rpc: true, tokens } },
    );
    const shown = async (): Promise<readonly Dest[]> => {
      const answer = await fetch(`${lb.adminUrl}/RPC`, {
        method: "POST",
        headers: { authorization: `Bearer ${TOKEN}` },
        body: JSON.stringify({ jsonrpc: "2.0", method: "dispatcher.list", params: ["full"], id: 1 }),
      });
      const { result } = (await answer.json()) as {
        result: { RECORDS: readonly { SET: { TARGETS: readonly { DEST: Dest }[] } }[] };
      };
      return (result.RECORDS[0]?.SET.TARGETS ?? []).map(({ DEST }) => DEST);
    };
    const of = async (uri: string) => (await shown()).find(({ URI }) => URI === uri);
    await until("three timeouts", async () => ((await of(silent.uri))?.LATENCY?.TIMEOUT ?? 0) >= 3, 30_000);
    const lost = await of(silent.uri);
    assert.ok((lost?.ATTRS.PROBING_COUNT ?? 0) >= 3, JSON.stringify(lost));
    assert.deepEqual([lost?.LATENCY?.AVG, lost?.LATENCY?.MAX], [0, 0]);
    await until("two round trips that differ", async () => ((await of(well.uri))?.LATENCY?.STD ?? 0) > 0, 30_000);
    const { AVG = 0, MAX = 0 } = (await of(well.uri))?.LATENCY ?? {};
    assert.ok(AVG > 0 && MAX >= AVG, `${AVG} on average, ${MAX} at most`);
  },
);
