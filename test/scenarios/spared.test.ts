// Overload control by what destinations say in the Via of their responses (RFC 7339), over two workers.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { response } from "../../src/proxy/rig-message.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

/** A server that answers everything with 200, and says in our Via what `says` returns. */
async function server(says: (count: number) => string) {
  const socket = createSocket("udp4");
  const heard: string[] = [];
  socket.on("message", (bytes, { port, address }) => {
    const text = bytes.toString("latin1");
    heard.push(text);
    socket.send(response(text, 200).replace(';oc;oc-algo="loss"', says(heard.length)), port, address);
  });
  const opened = new Promise<void>((done) => socket.bind(0, "127.0.0.1", done));
  await opened;
  return { heard, opened, uri: `sip:127.0.0.1:${socket.address().port}`, close: () => socket.close() };
}

scenario(
  "kamailio:64: a destination that asks to be spared of everything gets nothing until its time is over",
  async ({ lb, phone }) => {
    const sparing = (validity: number) => (count: number) =>
      `;oc=100;oc-validity=${validity};oc-seq=${count}.0;oc-algo="loss"`;
    const [tired, briefly] = [await server(sparing(600_000)), await server(sparing(300))];
    const fresh = await server(() => ";oc=0;oc-validity=600000;oc-seq=1.0");
    const asks = () => phone.requests("OPTIONS", "sip:bob@example.com");
    try {
      await lb.dispatches(1, "kamailio:64", [tired, fresh]);
      for (let i = 0; tired.heard.length === 0 && i < 4; i++) assert.equal(await asks(), 200);
      assert.match(tired.heard[0]!, /;oc;oc-algo="loss"\r\n/);
      const before = [tired.heard.length, fresh.heard.length] as const;
      for (let i = 0; i < 12; i++) assert.equal(await asks(), 200);
      assert.equal(tired.heard.length, before[0], "it was not spared");
      assert.ok(fresh.heard.length >= before[1] + 12);
      await lb.dispatches(1, "kamailio:64", [briefly, fresh]);
      await until(
        "it to be asked again after its time",
        async () => (await asks()) === 200 && briefly.heard.length > 1,
      );
    } finally {
      for (const one of [tired, briefly, fresh]) one.close();
    }
  },
);
