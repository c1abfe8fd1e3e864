// Blocks of addresses: `10.0.0.0/8`, `2001:db8::/32`, or one address.
import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";
import { refuse } from "./issue.ts";

/** An address without brackets and a prefix length in its own family: 0-32 or 0-128. */
export interface AddressBlockConfig {
  readonly address: string;
  readonly prefix: number;
}

/** The block, or null when the text is none. */
export function parseAddressBlock(text: string): AddressBlockConfig | null {
  const match = /^\[?([0-9A-Fa-f:.]+)\]?(?:\/(\d{1,3}))?$/.exec(text);
  if (match === null) return null;
  const address = (match[1] ?? "").toLowerCase();
  if (!isIPv4(address) && !isIPv6(address)) return null;
  const widest = isIPv4(address) ? 32 : 128;
  const prefix = match[2] === undefined ? widest : Number(match[2]);
  return prefix <= widest ? { address, prefix } : null;
}

/** `address/prefix`. */
export function formatAddressBlock(block: AddressBlockConfig): string {
  return `${block.address}/${block.prefix}`;
}

/** Schema of a block. */
export const addressBlock = z
  .string()
  .meta({ title: "address block", examples: ["10.0.0.0/8", "2001:db8::/32"] })
  .transform((text, sink): AddressBlockConfig => {
    return (
      parseAddressBlock(text) ??
      refuse(sink, text, `"${text}" is not an address block`, "such as 10.0.0.0/8 or 192.0.2.7")
    );
  });
