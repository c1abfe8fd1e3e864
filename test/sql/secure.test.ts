// A database that has to prove its name. The server is one of the test's own, which takes seconds to start.
import assert from "node:assert/strict";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Authority, type Certificate } from "../kit/certificates.ts";
import { startMariadb } from "../kit/database-server.ts";
import { freshDatabase } from "../kit/databases.ts";
import { createTable, insertRows, KAMAILIO } from "./schemas.ts";
import { TableBench } from "./table-bench.ts";

test("MariaDB over TLS is read when its certificate has its name and a signature that counts, and only then", async (context) => {
  const authority = await Authority.make();
  const wrong = await authority.issue({ names: ["DNS:db.example.com"] });
  const right = await authority.issue({ names: ["DNS:localhost"] });
  const folder = join(authority.file, "..");
  const [certFile, keyFile] = [join(folder, "server.pem"), join(folder, "server.key")];
  const show = async ({ cert, key }: Certificate) => {
    await writeFile(certFile, cert);
    await writeFile(keyFile, key);
  };
  await show(wrong);
  await chmod(folder, 0o755);
  const server = await startMariadb([`--ssl-cert=${certFile}`, `--ssl-key=${keyFile}`]);
  if ("skip" in server) return context.skip(server.skip);
  const database = await freshDatabase(server);
  await database.run(
    createTable(KAMAILIO[3]!, "mysql"),
    insertRows("dispatcher", [{ setid: 1, destination: "sip:10.0.0.1" }]),
  );
  const bench = new TableBench();
  const byName = database.urlText().replace("127.0.0.1", "localhost");
  const read = async (url: string, tls: object | boolean) =>
    (await bench.loadKamailio({ url, tls, required: false })).join();
  assert.match(await read(byName, true), /self-signed certificate|unable to (verify|get)/);
  const other = await Authority.make("Somebody else");
  assert.match(await read(byName, await caFile(other)), /cannot be read: .*(certificate|signature)/);
  assert.match(await read(byName, await caFile(authority)), /cannot be read: .*altnames: .*db\.example\.com/);
  await show(right);
  await database.run("FLUSH SSL");
  assert.equal(await read(byName, await caFile(authority)), "");
  assert.equal(bench.set("1").length, 1);
  bench.stop();
  await database.drop();
  await authority.close();
  await other.close();
});

/** The bench reads no files: what it is given as `ca` is looked for in its memory. */
async function caFile(authority: Authority): Promise<object> {
  TableBench.files["/etc/ca.pem"] = authority.ca;
  return { ca: "ca.pem" };
}
