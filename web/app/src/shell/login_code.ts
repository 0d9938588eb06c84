/**
 * Take the one-time code out of the address, so that neither the history nor a copied link carries it.
 *
 * Only the fragment is read, which browsers never send; nothing is ever taken from the query.
 */
export function takeCode(): string | undefined {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code === null) return undefined;
  history.replaceState(history.state, "", location.pathname);
  return code;
}
