import { clockTime } from "../design/times.ts";
import { catalogue } from "../language/language.ts";

/** How the page stands with the hub. Times are milliseconds since 1970. */
export type ConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** `isStopped`: the hub said that it stops, and has not come back as it does after a restart. */
  | { readonly kind: "offline"; readonly since: number; readonly isStopped: boolean }
  | { readonly kind: "restarting"; readonly since: number }
  | { readonly kind: "signedOut" };

const words = catalogue(
  {
    connecting: "Connecting",
    live: "Live",
    offlineSince: (time: string) => `Offline since ${time}`,
    stoppedSince: (time: string) => `Hub stopped at ${time}`,
    restarting: "Restarting",
    signedOut: "Signed out",
  },
  {
    connecting: "Соединение",
    live: "На связи",
    offlineSince: (time: string) => `Нет связи с ${time}`,
    stoppedSince: (time: string) => `Хаб остановлен в ${time}`,
    restarting: "Перезапуск",
    signedOut: "Вход не выполнен",
  },
);

/** The state in words, for people. */
export function connectionWords(state: ConnectionState): string {
  if (state.kind !== "offline") return words()[state.kind];
  const { stoppedSince, offlineSince } = words();
  return (state.isStopped ? stoppedSince : offlineSince)(clockTime(state.since));
}
