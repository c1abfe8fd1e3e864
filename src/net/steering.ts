// Two queues behind one port: the system itself looks at the first four bytes of a datagram and puts what may begin something
// into a socket of its own, so that a flood of new calls overflows that one, and BYEs and answers find room in the other.
// A classic BPF program over a group of sockets (SO_ATTACH_REUSEPORT_CBPF, Linux 4.5, no privilege needed).
import { Memory, writeLong } from "./layout.ts";
import { type Libc, SocketOption } from "./libc.ts";

/**
 * First bytes of what begins nothing: responses, and requests that only those send who have got one. CANCEL is none of them: received
 * before its INVITE it would cancel nothing.
 */
const FOLLOWERS = ["SIP/", "ACK ", "BYE ", "PRACK", "UPDATE"] as const;

/** Opcodes of linux/bpf_common.h, as far as we need them; "K": with the constant, "X": with the index register. */
const Op = {
  loadLength: 0x80,
  loadWord: 0x20,
  loadHalf: 0x28,
  mulK: 0x24,
  rshK: 0x74,
  addK: 0x04,
  addX: 0x0c,
  xorX: 0xac,
  toX: 0x07,
  jumpIfEqual: 0x15,
  jumpIfAtLeast: 0x35,
  returnK: 0x06,
  returnA: 0x16,
} as const;
/** Offsets from here on count from the IP header (SKF_NET_OFF); those below from the first byte of the datagram's data. */
const NETWORK = -0x10_0000;
/** Where the sender stands in an IP header without options: the half words of its address, and its port. */
const SENDER = { v4: [12, 14, 20], v6: [8, 10, 12, 14, 16, 18, 20, 22, 40] } as const;
/** struct sock_filter and struct sock_fprog. */
const INSTRUCTION_BYTES = 8;
const PROGRAM_BYTES = 16;

/** How many numbers a program needs that nobody can guess. */
export const SECRETS: number = SENDER.v6.length + 1;

/** One instruction: struct sock_filter. */
export type Instruction = readonly [op: number, ifTrue: number, ifFalse: number, k: number];

/**
 * The program for `workers` workers: its result is the index of a socket in the group, below `workers` for what begins nothing and from
 * there on for everything else. Datagrams of one sender go to one worker, as they do without a program; to which one, whoever does not know
 * the `SECRETS` `secrets` cannot say.
 */
export function steeringProgram(workers: number, isV6: boolean, secrets: Uint32Array): readonly Instruction[] {
  const chosen = workers === 1 ? [] : hash(workers, isV6, secrets);
  const others: Instruction[] =
    workers === 1 ? [[Op.returnK, 0, 0, 1]] : [...chosen, [Op.addK, 0, 0, workers], [Op.returnA, 0, 0, 0]];
  const followers: Instruction[] = workers === 1 ? [[Op.returnK, 0, 0, 0]] : [...chosen, [Op.returnA, 0, 0, 0]];
  const count = FOLLOWERS.length;
  return [
    [Op.loadLength, 0, 0, 0],
    // A word that is not there cannot be loaded.
    [Op.jumpIfAtLeast, 0, count + 1, 4],
    [Op.loadWord, 0, 0, 0],
    ...FOLLOWERS.map(
      (start, i): Instruction => [
        Op.jumpIfEqual,
        count - 1 - i + others.length,
        0,
        Buffer.from(start, "latin1").readUInt32BE(0),
      ],
    ),
    ...others,
    ...followers,
  ];
}

/** Gives the group that the bound socket `fd` belongs to its program; false where the system takes none. */
export function steer(libc: Libc, fd: number, workers: number, isV6: boolean, secrets: Uint32Array): boolean {
  const program = steeringProgram(workers, isV6, secrets);
  const code = new Memory(libc, program.length * INSTRUCTION_BYTES);
  for (const [i, [op, ifTrue, ifFalse, k]] of program.entries()) {
    code.words[2 * i] = op | (ifTrue << 16) | (ifFalse << 24);
    code.words[2 * i + 1] = k | 0;
  }
  const value = new Memory(libc, PROGRAM_BYTES);
  value.words[0] = program.length;
  writeLong(value.words, 2, code.address);
  const [level, name] = SocketOption.steering;
  return libc.setsockopt(fd, level, name, value.address, PROGRAM_BYTES) === 0;
}

/**
 * Leaves a worker's number in the accumulator. The sum of all half words, each times a secret, is a hash under which two senders
 * meet no more often than by chance (Dietzfelbinger's multiply-shift); what follows breaks up rows of ports.
 */
function hash(workers: number, isV6: boolean, secrets: Uint32Array): readonly Instruction[] {
  const halves = isV6 ? SENDER.v6 : SENDER.v4;
  return [
    // The index register is zero at the beginning.
    ...halves.flatMap((at, i): Instruction[] => [
      [Op.loadHalf, 0, 0, NETWORK + at],
      [Op.mulK, 0, 0, secrets[i]! | 1],
      [Op.addX, 0, 0, 0],
      [Op.toX, 0, 0, 0],
    ]),
    [Op.rshK, 0, 0, 16],
    [Op.xorX, 0, 0, 0],
    [Op.mulK, 0, 0, secrets[SECRETS - 1]! | 1],
    // The upper half, which all of the lower ones have gone into, as a fraction of the workers.
    [Op.rshK, 0, 0, 16],
    [Op.mulK, 0, 0, workers],
    [Op.rshK, 0, 0, 16],
  ];
}
