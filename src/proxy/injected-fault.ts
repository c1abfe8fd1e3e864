// How a worker dies on request.
import { ControlWord } from "../bridge/worker-start.ts";

/** Tests of worker death ask for it through the admin API, when the process was started to allow that. */
export function injectedFault(control: Int32Array, own: number): void {
  if (control[own + ControlWord.fault] === 1) throw new Error("injected fault");
  while (Atomics.load(control, own + ControlWord.fault) === 2) Atomics.wait(control, own + ControlWord.fault, 2, 1000);
}
