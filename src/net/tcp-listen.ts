// Opening a TCP listener: the stream worker does it for good, main for a moment, to find out whether it is possible and which
// port the system chooses.
import { createServer, type Server } from "node:net";
import { ENDPOINT_WORDS, parseEndpoint } from "./endpoint.ts";
import { explainBindCode, type ListenAddress } from "./listen.ts";

/** How many connections may wait to be accepted. */
const BACKLOG = 1024;

/** Makes `server` listen; resolves with "", or with what went wrong in one sentence. */
export function listenTcp(server: Server, { host, port, transport = "tcp" }: ListenAddress): Promise<string> {
  const where = new Int32Array(ENDPOINT_WORDS);
  if (!parseEndpoint(host, port, where, 0)) return Promise.resolve(`cannot listen on ${host}: not a numeric address`);
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      resolve(explainBindCode(transport, where, error.code ?? error.message)),
    );
    const plain = host.replace(/^\[(.*)\]$/, "$1");
    server.listen({ host: plain, port, backlog: BACKLOG, ipv6Only: plain.includes(":"), exclusive: true }, () => {
      server.removeAllListeners("error");
      // One connection that could not be accepted (descriptors used up) is no reason to stop.
      server.on("error", () => undefined);
      resolve("");
    });
  });
}

/** Whether a listener is possible, and its port (a chosen one for 0). */
export async function reserveTcp(
  listener: ListenAddress,
): Promise<{ readonly ok: true; readonly port: number } | { readonly ok: false; readonly problem: string }> {
  const server = createServer();
  const problem = await listenTcp(server, listener);
  if (problem !== "") return { ok: false, problem };
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return { ok: true, port: typeof address === "object" && address !== null ? address.port : listener.port };
}
