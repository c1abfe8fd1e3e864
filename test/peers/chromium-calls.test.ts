// A real browser as a phone: it registers through Fairlead over secure WebSocket, calls, and is called.
import assert from "node:assert/strict";
import { headerOf } from "../../src/ua/parsed-message.ts";
import { Authority } from "../kit/certificates.ts";
import { answering } from "../kit/destination.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";
import { Chromium, whyNoChromium } from "./chromium.ts";

/** A busy machine takes long to start a browser. */
const PATIENCE = 60_000;
const options = { io: "batched", limit: 150_000, skip: whyNoChromium() } as const;

scenario("Chromium registers, calls and is called over WSS", options, async ({ lb, destination }) => {
  const registrar = destination(answering(200), { proxy: lb.address });
  const authority = await Authority.make();
  const chromium = await Chromium.prepare();
  const tells = (what: string) => until(`the page to say "${what}"`, () => chromium.told.includes(what), PATIENCE);
  try {
    const certificate = await authority.issue();
    const uri = `wss://127.0.0.1:${lb.tlsPort}`;
    const listeners = [`udp://127.0.0.1:${lb.address.port}`, { uri, origins: [chromium.origin] }];
    const tls = { default: { certificates: [await lb.certificateFiles(certificate)] } };
    const routes = [{ method: "REGISTER", set: "1", path: "always", key: "to" }, { set: "1" }];
    await lb.dispatches(1, "hash-call-id", [registrar], {}, { listeners, tls, routes });
    chromium.open(uri, certificate.cert);
    await tells("registered");
    await tells("called");
    const path = headerOf(await registrar.hears("REGISTER"), "path");
    const call = registrar.agent.invite("sip:browser@df7jal23ls0d.invalid", { routes: [path] });
    assert.equal(await call.final, 200);
    await tells("acknowledged");
    assert.equal((await call.session?.request("INFO"))?.status, 200);
    assert.equal((await call.session?.bye())?.status, 200);
    assert.deepEqual(chromium.told, ["registered", "called", "acknowledged"]);
    assert.equal(await lb.metric("stream_connections"), 1);
    console.log("Chromium over WSS: 2 of 2 calls set up and ended");
  } catch (error) {
    if (error instanceof Error)
      error.message += `\n--- the page\n${chromium.told.join("\n")}\n--- chromium\n${chromium.log}`;
    throw error;
  } finally {
    await chromium.close();
    await authority.close();
  }
});
