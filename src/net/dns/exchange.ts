// One question to one name server: over UDP from a port of its own with an id that cannot be guessed, over TCP when the
// answer did not fit. What comes from elsewhere, or answers something else, is counted and not listened to.
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import type { DnsCounts } from "./counts.ts";
import { type Answer, type RecordType, readAnswer, writeQuestion } from "./message.ts";

/** A name server: a numeric host without brackets, and a port. */
export interface NameServer {
  readonly host: string;
  readonly port: number;
}

/** A question. */
export interface Question<T extends RecordType> {
  readonly name: string;
  readonly type: T;
}

/** An answer, or why there is none in a sentence's end: `no answer within 2000 ms`. */
export type Reply<T extends RecordType> = Answer<T> | string;

/** Asks over UDP, and over TCP when that was truncated. `timeout` is milliseconds, for each of the two. Never rejects. */
export async function ask<T extends RecordType>(
  server: NameServer,
  question: Question<T>,
  timeout: number,
  counts: DnsCounts,
): Promise<Reply<T>> {
  const reply = await askUdp(server, question, timeout, counts);
  if (typeof reply === "string" || reply.kind !== "truncated") return reply;
  counts.truncated++;
  return askTcp(server, question, timeout, counts);
}

function askUdp<T extends RecordType>(
  server: NameServer,
  { name, type }: Question<T>,
  timeout: number,
  counts: DnsCounts,
): Promise<Reply<T>> {
  const id = randomInt(0x10000);
  // A socket per question: the system chooses a port at random, so that a forger has two numbers to guess (RFC 5452).
  const socket = createSocket(server.host.includes(":") ? "udp6" : "udp4");
  return new Promise((resolve) => {
    let isOver = false;
    const end = (reply: Reply<T>) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      socket.close();
      resolve(reply);
    };
    const fail = (error: Error) => {
      counts.network_errors++;
      end(codeOf(error));
    };
    const timer = setTimeout(() => {
      counts.timeouts++;
      end(`no answer within ${timeout} ms`);
    }, timeout);
    socket.on("error", fail);
    socket.on("message", (bytes) => {
      const answer = readAnswer(bytes, id, name, type);
      // A forger's packet must not end the wait for the true one.
      if (answer === null) counts.garbage++;
      else end(answer);
    });
    socket.on("connect", () => {
      if (isOver) return;
      counts.queries++;
      socket.send(writeQuestion(id, name, type), (error) => {
        if (error) fail(error);
      });
    });
    // Connected: the kernel lets nothing through but what this server sends from its port, and tells of ICMP errors. Without
    // a callback here, failures come as error events.
    socket.connect(server.port, server.host);
  });
}

function askTcp<T extends RecordType>(
  server: NameServer,
  { name, type }: Question<T>,
  timeout: number,
  counts: DnsCounts,
): Promise<Reply<T>> {
  const id = randomInt(0x10000);
  const socket = connect({ host: server.host, port: server.port });
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let held = 0;
    let wanted = 2;
    const end = (reply: Reply<T>) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reply);
    };
    const timer = setTimeout(() => {
      counts.timeouts++;
      end(`no answer over TCP within ${timeout} ms`);
    }, timeout);
    socket.on("connect", () => {
      counts.queries++;
      const message = writeQuestion(id, name, type);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      socket.write(Buffer.concat([length, message]));
    });
    socket.on("data", (part) => {
      parts.push(typeof part === "string" ? Buffer.from(part) : part);
      held += part.length;
      if (held < wanted) return;
      // RFC 1035 section 4.2.2: two bytes of length, so no more than 65,535 bytes are ever waited for.
      const all = Buffer.concat(parts);
      wanted = 2 + all.readUInt16BE(0);
      if (held < wanted) return;
      const answer = readAnswer(all.subarray(2, wanted), id, name, type);
      const isUseful = answer !== null && answer.kind !== "truncated";
      if (!isUseful) counts.garbage++;
      end(isUseful ? answer : "garbage over TCP");
    });
    socket.on("close", () => end("the TCP connection was closed"));
    socket.on("error", (error) => {
      counts.network_errors++;
      end(`TCP: ${codeOf(error)}`);
    });
  });
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : error.message;
}
