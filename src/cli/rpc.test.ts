// fairlead rpc, as a process against an admin API that listens.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { startAdmin } from "../admin/server.ts";
import { fakeBackend } from "../admin/testing/fake-backend.ts";
import { Secret } from "../config/secret.ts";
import { SILENT } from "../control/testing/silent-log.ts";

const TOKEN = "a-secret-for-this-test";
const PROGRAM = `
  import { Command } from "commander";
  import { rpcCommand } from "${fileURLToPath(new URL("./rpc.ts", import.meta.url))}";
  const program = new Command();
  rpcCommand.register(program);
  await program.parseAsync(process.argv);
`;

it("commands of Kamailio and of OpenSIPS are carried out under their names, and refusals are told in their words", async () => {
  const tokens = [{ name: "boss", role: "admin", secret: new Secret(TOKEN, "test") }] as const;
  const { backend } = fakeBackend({ access: { tokens, kamailioRpc: true, opensipsMi: true } });
  const server = await startAdmin({ listen: "http://127.0.0.1:0", backend, log: SILENT, faults: false });
  const rpc = (...args: readonly string[]) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      const environment = { ...process.env, FAIRLEAD_ADMIN: server.url, FAIRLEAD_TOKEN: TOKEN };
      const options = { cwd: fileURLToPath(new URL("../..", import.meta.url)), env: environment };
      const argv = ["--input-type=module", "--eval", PROGRAM, "fairlead", "rpc", ...args];
      execFile(process.execPath, argv, options, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
      );
    });
  try {
    const which = JSON.parse((await rpc("which")).stdout) as string[];
    assert.ok(["ds_list", "dispatcher:set_state", "lb_resize", "which"].every((name) => which.includes(name)));
    const opensips = JSON.parse((await rpc("ds_list", "1")).stdout);
    assert.equal(opensips.PARTITIONS[0].SETS[0].Destinations[0].URI, "sip:10.0.0.11:5060");
    const kamailio = JSON.parse((await rpc("dispatcher.list")).stdout);
    assert.equal(kamailio.NRSETS, 1);
    assert.equal((await rpc("dispatcher.set_state", "d", "media", "sip:10.0.0.11:5060")).code, 0);
    assert.doesNotMatch(JSON.stringify(kamailio), /"FLAGS":"D/);
    assert.match((await rpc("dispatcher.list")).stdout, /"FLAGS": "D/);
    assert.match((await rpc("which", "--output", "yaml")).stdout, /^- ds_list$/m);
    assert.match((await rpc("which", "--output", "table")).stderr, /Allowed choices are json, yaml/);
    const unknown = await rpc("ds_dance");
    assert.deepEqual([unknown.code, unknown.stderr], [1, "error: Method not found\n"]);
  } finally {
    await server.close();
  }
  const gone = await rpc("which");
  assert.match(gone.stderr, /no answer from the admin API/);
});
