// Refusals of the class of server failures that say nothing about the server.

/**
 * 501 (method not implemented), 505 (version not supported) and 513 (message too large; RFC 3261 21.5): whoever sends the request decides
 * whether they come.
 */
export const ABOUT_REQUEST: readonly number[] = [501, 505, 513];

/** Whether a response code of the class 5xx speaks of the request, not of the server. */
export function isAboutRequest(status: number): boolean {
  return status === 501 || status === 505 || status === 513;
}
