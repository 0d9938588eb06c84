/** How the page stands with the hub. Times are milliseconds since 1970. */
export type ConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | { readonly kind: "offline"; readonly since: number }
  | { readonly kind: "restarting"; readonly since: number }
  | { readonly kind: "signedOut" };

/** The state in words, for people. */
export function connectionWords(state: ConnectionState): string {
  switch (state.kind) {
    case "connecting":
      return "Connecting";
    case "live":
      return "Live";
    case "offline":
      return `Offline since ${clockTime(state.since)}`;
    case "restarting":
      return "Restarting";
    case "signedOut":
      return "Signed out";
  }
}

function clockTime(milliseconds: number): string {
  return new Date(milliseconds).toLocaleTimeString([], {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
}
