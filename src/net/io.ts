// Which of the two planes this machine gets.
import { loadLibc } from "./libc.ts";
import { verifyLayout } from "./verify.ts";

/** The chosen plane, and in one sentence why. */
export interface IoChoice {
  readonly io: "batched" | "portable";
  readonly reason: string;
}

/**
 * Chooses the plane. `auto` takes the batched one wherever it works; `batched` is refused (io: portable, with the reason)
 * where it does not, and the caller decides whether that is an error.
 */
export function chooseIo(wish: "auto" | "batched" | "portable"): IoChoice {
  if (wish === "portable") return { io: "portable", reason: "configured" };
  const loaded = loadLibc();
  if (!loaded.ok) return { io: "portable", reason: loaded.reason };
  const problem = verifyLayout(loaded.libc);
  if (problem !== "") return { io: "portable", reason: problem };
  return { io: "batched", reason: wish === "auto" ? "recvmmsg and sendmmsg work here" : "configured" };
}
