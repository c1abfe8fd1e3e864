// One event posted to a webhook. Redirects are not followed: the address is the one that the configuration names.
import type { HookAction } from "../config/hook-addresses.ts";
import type { Attempt } from "./hook-attempt.ts";

/** Posts `body`, which is JSON. Never rejects. */
export async function postEvent({ url, timeout }: HookAction & { kind: "webhook" }, body: string): Promise<Attempt> {
  try {
    const { status, body: answer } = await fetch(url.reveal(), {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "fairlead" },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(timeout),
    });
    // What it says is of no interest, and may have no end.
    await answer?.cancel();
    if (status >= 200 && status < 300) return { why: "", mayRepeat: false };
    return { why: `it answered ${status}`, mayRepeat: status === 429 || status >= 500 };
  } catch (error) {
    return { why: reasonOf(error, timeout), mayRepeat: true };
  }
}

/** Messages of fetch may repeat the address; codes do not. */
function reasonOf(error: unknown, timeout: number): string {
  if (!(error instanceof Error)) return "no answer";
  if (error.name === "TimeoutError") return `no answer within ${timeout} ms`;
  const { cause } = error;
  return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : error.name;
}
