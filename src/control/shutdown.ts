// What signals mean: SIGHUP reloads, SIGTERM lets calls finish, SIGINT (or any second one) ends at once.
import type { Balancer } from "./balancer.ts";
import type { Log } from "./log.ts";

/** Where signals come from; `process` is one. */
export interface SignalSource {
  on(signal: "SIGHUP" | "SIGTERM" | "SIGINT", listener: () => void): unknown;
  off(signal: "SIGHUP" | "SIGTERM" | "SIGINT", listener: () => void): unknown;
}

/** Exit code after SIGINT: 128 and its number. */
const INTERRUPTED = 130;

/**
 * Obeys signals until one of them has ended the balancer; resolves with the exit code. `onEnding` is called first: what keeps the
 * door, which is taken to let no new calls in, is to be cut short.
 */
export function untilSignalled(
  source: SignalSource,
  balancer: Pick<Balancer, "drain" | "stop" | "control">,
  reload: () => void,
  onEnding: () => void,
  log: Log,
): Promise<number> {
  return new Promise((resolve) => {
    let isEnding = false;
    let isInterrupted = false;
    const finish = (code: number) => {
      source.off("SIGHUP", reload);
      source.off("SIGTERM", terminate);
      source.off("SIGINT", interrupt);
      resolve(code);
    };
    const interrupt = () => {
      if (isInterrupted) return;
      log.info({}, "stopping at once");
      isEnding = true;
      isInterrupted = true;
      void balancer.stop().then(() => finish(INTERRUPTED));
    };
    const terminate = () => {
      if (isEnding) {
        interrupt();
        return;
      }
      isEnding = true;
      const { deadline } = balancer.control.inForce.config.shutdown;
      onEnding();
      log.info({ deadline_ms: deadline }, "no new calls; waiting for those that live");
      void balancer.drain(deadline).then((left) => {
        if (isInterrupted) return;
        log.info({ calls: left }, left === 0 ? "all calls have ended" : "the deadline has passed");
        finish(0);
      });
    };
    source.on("SIGHUP", reload);
    source.on("SIGTERM", terminate);
    source.on("SIGINT", interrupt);
  });
}
