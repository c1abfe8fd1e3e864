// Which of several final responses a caller gets (RFC 3261 16.7 point 6).

/**
 * Rank of a final response, the lower the better: 6xx, then 3xx, 4xx (those that help the caller to try again first), 5xx;
 * a 503 last, because it says nothing about the request (Kamailio's t_pick_branch has the same order).
 */
export function rank(status: number): number {
  if (status === 503) return 9000;
  if (status >= 600) return 1000;
  if (status >= 500) return 5000 + status;
  if (status >= 400) {
    const helps = status === 401 || status === 407 || status === 415 || status === 420 || status === 484;
    return helps ? 4000 : 4100 + (status - 400);
  }
  return 3000;
}
