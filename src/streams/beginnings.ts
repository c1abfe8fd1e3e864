// Handshakes that somebody has not begun yet. TLS is made for a connection only when something has come over it: until then it costs its
// socket and nothing else. Of those that begin at once, one has its turn in each round of the event loop, and messages of others pass between.
import type { Socket } from "node:net";
import { Turns } from "./turns.ts";

/** What is to be done for a connection. */
export interface Beginner {
  /** The first byte has come. False: it is not to begin; whoever says so has closed the connection. */
  heard(): boolean;
  /** Its turn has come; what has come over the connection is still there to be read. */
  begin(): void;
  /** The connection is closed before its turn came. */
  gone(): void;
}

/** Connections over which nothing has come, and those that wait for their turn. */
export class Beginnings {
  readonly #turns = new Turns();

  /** Waits for the first byte of this connection, for as long as the connection is there. */
  add(socket: Socket, beginner: Beginner): void {
    const gone = (): void => {
      socket.off("readable", heard).off("close", gone).destroy();
      beginner.gone();
    };
    const heard = (): void => {
      // They may have left without a word.
      if (socket.readableLength === 0) {
        gone();
        return;
      }
      if (!beginner.heard()) {
        socket.off("close", gone);
        return;
      }
      this.#turns.add(() => {
        // They may have left while they waited; `close` tells of it.
        if (socket.destroyed) return;
        socket.off("close", gone);
        beginner.begin();
      });
    };
    // What went wrong does not matter: `close` follows.
    socket.on("error", () => undefined);
    socket.once("readable", heard).on("close", gone);
  }
}
