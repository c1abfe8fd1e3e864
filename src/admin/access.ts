// Who asks, and whether they may: a token stands for a name and a role. Without any token in the
// configuration every program of this machine may do everything.
import { timingSafeEqual } from "node:crypto";
import type { AccessToken } from "../config/schema.ts";
import { Secret } from "../config/secret.ts";
import { ROLES, type Role } from "../config/sections/admin.ts";
import { HttpProblem } from "./problem.ts";

/** Who asks. */
export interface Access {
  /** Name of the token; empty: there are none. */
  readonly name: string;
  readonly role: Role;
}

const EVERYBODY: Access = { name: "", role: "admin" };
/** Who asks what everybody may know. */
export const NOBODY: Access = { name: "", role: "viewer" };

/** Whether `access` may do what takes `needed`. */
export function isEnough({ role }: Access, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** Who sends a request with this token (credentials.ts), undefined: without any; null: nobody that is known. */
export function whoAsks(tokens: readonly AccessToken[], token: string | undefined): Access | null {
  return tokens.length === 0 ? EVERYBODY : holderOf(tokens, token);
}

/** Throws what is to be answered when `access` may not do what takes `needed`; null: that is for everybody. */
export function admit(access: Access | null, needed: Role | null): void {
  if (needed === null) return;
  if (access === null)
    throw new HttpProblem(401, "a token of the configuration is needed: Authorization: Bearer TOKEN");
  if (!isEnough(access, needed)) throw new HttpProblem(403, `${access.name} is ${access.role}, this takes ${needed}`);
}

/** Every token is compared, and each in the same time: how long it takes tells nothing about any of them. */
function holderOf(tokens: readonly AccessToken[], given: string | undefined): Access | null {
  if (given === undefined) return null;
  const wanted = new Secret(given, "request").bytes();
  let found: Access | null = null;
  for (const { name, role, secret } of tokens) if (timingSafeEqual(secret.bytes(), wanted)) found = { name, role };
  return found;
}
