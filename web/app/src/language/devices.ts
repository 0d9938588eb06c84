import type { Device } from "../api/presence.ts";
import { catalogue } from "./language.ts";

const words = catalogue(
  {
    device: (program: string, system: string) => `${program} on ${system}`,
    Terminal: "Terminal",
    Browser: "Browser",
    Client: "Program",
  },
  {
    device: (program: string, system: string) => `${program} на ${system}`,
    Terminal: "Терминал",
    Browser: "Браузер",
    Client: "Программа",
  },
);

/** What people call a device: as its owner named it, or else by its program and its system. */
export function deviceName({ name, program, system }: Device): string {
  if (name) return name;
  const own = words();
  const named =
    program === "Terminal" || program === "Browser" || program === "Client" ? own[program] : program;
  return system ? own.device(named, system) : named;
}
