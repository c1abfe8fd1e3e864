// Address blocks as workers compare them.
import { isIPv4 } from "node:net";
import type { AddressBlock } from "../bridge/address-block.ts";
import type { AddressBlockConfig } from "../config/values/address-block.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../net/endpoint.ts";

/** The block in the layout of net/endpoint.ts: IPv4 as ::ffff:0:0/96 and its own prefix. */
export function compileBlock({ address, prefix }: AddressBlockConfig): AddressBlock {
  const words = new Int32Array(ENDPOINT_WORDS);
  parseEndpoint(address, 0, words, 0);
  return { words: words.slice(0, 4), prefix: isIPv4(address) ? prefix + 96 : prefix };
}
