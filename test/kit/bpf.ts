// Classic BPF as the system runs it: for senders that no test machine has.
import type { Instruction } from "../../src/net/steering.ts";

/** What a program returns for a datagram: `network` is its IP and UDP header, `data` what it carries. Throws on an opcode that it does not know. */
export function runProgram(program: readonly Instruction[], network: Buffer, data: string): number {
  const bytes = Buffer.from(data, "latin1");
  const place = (k: number): readonly [Buffer, number] => (k < 0 ? [network, k + 0x10_0000] : [bytes, k]);
  let a = 0;
  let x = 0;
  for (let at = 0; at < program.length; at++) {
    const [op, ifTrue, ifFalse, k] = program[at]!;
    if (op === 0x80) a = bytes.length;
    else if (op === 0x20) a = place(k)[0].readUInt32BE(place(k)[1]);
    else if (op === 0x28) a = place(k)[0].readUInt16BE(place(k)[1]);
    else if (op === 0x24) a = Math.imul(a, k) >>> 0;
    else if (op === 0x74) a >>>= k;
    else if (op === 0x04) a = (a + k) >>> 0;
    else if (op === 0x0c) a = (a + x) >>> 0;
    else if (op === 0xac) a = (a ^ x) >>> 0;
    else if (op === 0x07) x = a;
    else if (op === 0x15) at += a === k ? ifTrue : ifFalse;
    else if (op === 0x35) at += a >= k ? ifTrue : ifFalse;
    else if (op === 0x06) return k;
    else if (op === 0x16) return a;
    else throw new Error(`opcode ${op}`);
  }
  throw new Error("no result");
}
