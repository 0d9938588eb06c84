import { clockTime } from "../design/times.ts";
import { catalogue } from "../language/language.ts";

/** How the page stands with the hub. Times are milliseconds since 1970. */
export type ConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | { readonly kind: "offline"; readonly since: number }
  | { readonly kind: "restarting"; readonly since: number }
  | { readonly kind: "signedOut" };

const words = catalogue(
  {
    connecting: "Connecting",
    live: "Live",
    offlineSince: (time: string) => `Offline since ${time}`,
    restarting: "Restarting",
    signedOut: "Signed out",
  },
  {
    connecting: "Соединение",
    live: "На связи",
    offlineSince: (time: string) => `Нет связи с ${time}`,
    restarting: "Перезапуск",
    signedOut: "Вход не выполнен",
  },
);

/** The state in words, for people. */
export function connectionWords(state: ConnectionState): string {
  return state.kind === "offline" ? words().offlineSince(clockTime(state.since)) : words()[state.kind];
}
