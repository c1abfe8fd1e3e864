// What loading a configuration needs from outside. Nothing in config/ reads files or the environment by itself.

/** The outside world. */
export interface ConfigIo {
  /** Text of a file; throws what the file system throws. Paths are absolute or relative to the working directory. */
  readFile(path: string): string;
  /** An environment variable; undefined: not set. */
  environment(name: string): string | undefined;
  /** Milliseconds since 1970, for what expires. */
  now(): number;
  /** Processor cores, for the warning about too many workers; 0: unknown. */
  readonly cores: number;
}
