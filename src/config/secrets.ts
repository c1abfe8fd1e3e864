// Reads the secrets that the configuration refers to. No problem ever repeats one.
import { dirname, resolve } from "node:path";
import { errorAt, type Finding } from "./finding.ts";
import type { ConfigIo } from "./io.ts";
import { PrivateText } from "./private-text.ts";
import { Secret } from "./secret.ts";
import { type KeyReference, SHORTEST_KEY } from "./sections/keys.ts";
import { whyUnreadable } from "./why-unreadable.ts";

/** A secret that is wanted, and where the configuration asks for it. */
export interface WantedSecret {
  readonly path: readonly (string | number)[];
  readonly reference: KeyReference;
}

/** The secrets in order, and what kept some from being read. Relative paths start at the configuration file's folder. */
export function readSecrets(
  wanted: readonly WantedSecret[],
  file: string,
  io: ConfigIo,
): { secrets: Secret[]; findings: Finding[] } {
  const secrets: Secret[] = [];
  const findings: Finding[] = [];
  for (const { path, reference } of wanted) {
    const read = readKey(reference, file, io);
    if (typeof read === "string") findings.push(errorAt(path, read));
    else secrets.push(read);
  }
  return { secrets, findings };
}

function readKey(reference: KeyReference, file: string, io: ConfigIo): Secret | string {
  const read = readSecret(reference, file, io);
  if (typeof read === "string") return read;
  // Those in the configuration itself have been measured by its schema.
  return reference.kind !== "text" && read.text.length < SHORTEST_KEY
    ? `the key in ${read.origin} is too short: at least ${SHORTEST_KEY} characters`
    : new Secret(read.text, read.origin);
}

/** A secret that others need as it is (a passphrase, a password), or what kept it from being read. */
export function readPrivateText(reference: KeyReference, file: string, io: ConfigIo): PrivateText | string {
  const read = readSecret(reference, file, io);
  return typeof read === "string" ? read : new PrivateText(read.text, read.origin);
}

function readSecret(
  reference: KeyReference,
  file: string,
  io: ConfigIo,
): { readonly text: string; readonly origin: string } | string {
  if (reference.kind === "text") return { text: reference.text, origin: "configuration" };
  const origin = reference.kind === "env" ? `environment variable ${reference.variable}` : `file ${reference.path}`;
  let text: string | undefined;
  try {
    text =
      reference.kind === "env"
        ? io.environment(reference.variable)
        : io.readFile(resolve(dirname(file), reference.path));
  } catch (error) {
    return `${origin} cannot be read: ${whyUnreadable(error)}`;
  }
  const secret = text?.trim();
  if (secret === undefined || secret === "") return `${origin} is ${secret === undefined ? "not set" : "empty"}`;
  return { text: secret, origin };
}
