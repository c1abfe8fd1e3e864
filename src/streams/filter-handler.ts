// What the accept filter stands before, what it asks, and whom it tells.
import type { StreamLimits } from "../bridge/stream-start.ts";
import type { FirstWords } from "./first-words.ts";

/** A listening socket. */
export interface FilteredListener {
  /** Its index among all listeners. */
  readonly index: number;
  readonly fd: number;
  readonly words: FirstWords;
}

/** What a filter asks and tells. `peer` is only good during the call. */
export interface FilterHandler {
  /** Whether somebody else speaks first for whoever connects from there (PROXY protocol): it is let through at once. */
  isProxy(listener: FilteredListener, peer: Int32Array): boolean;
  /** Whether a connection from there may be held. If not, it is reset, and counted by who said no. */
  isAdmitted(listener: FilteredListener, peer: Int32Array): boolean;
  /** A connection from there is held; it no longer is. */
  held(listener: FilteredListener, peer: Int32Array): void;
  released(listener: FilteredListener, peer: Int32Array): void;
  /**
   * Something whole has come over a connection: whoever is told that owns its descriptor. `spent`: so many milliseconds are over of the
   * time that it may take, for a message since its first byte, for a handshake since there is the connection.
   */
  enter(listener: number, fd: number, spent: number): void;
  /** A connection was closed, by its other end without a word, or because it took too long (`isLate`). `isBegun`: something had come. */
  closed(listener: FilteredListener, peer: Int32Array, isLate: boolean, isBegun: boolean): void;
}

/** Times in milliseconds; what headers may have in bytes. */
export type FilterLimits = Pick<StreamLimits, "idle" | "messageTimeout" | "handshakeTimeout" | "headerBytes">;
