import { TallyRoom } from "./tally_room.js";

/** Lucide's "chart-no-axes-column": elements on a grid of 24. */
const icon = [
  ["path", { d: "M5 21v-6" }],
  ["path", { d: "M12 21V3" }],
  ["path", { d: "M19 21V9" }],
];

/** Makes the feature. The shell calls it once. */
export default (shell) => {
  const label = () => (shell.language === "ru" ? "Счёт" : "Tally");
  return {
    name: "tally",
    routes: [{ paths: ["/tally"], room: () => new TallyRoom(shell) }],
    navigation: { path: "/tally", label, icon },
    commands: [
      {
        id: "tally.open",
        label: () => (shell.language === "ru" ? "Открыть счёт сессий" : "Open the tally of sessions"),
        keys: "g t",
        icon,
        run: () => shell.go("/tally"),
      },
    ],
  };
};
