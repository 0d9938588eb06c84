import { callHub } from "./http.ts";
import type { Device } from "./presence.ts";

/** The longest name of a device that the hub takes, in characters. */
export const LONGEST_NAME = 40;

/** Read what the hub calls the device of one of this person's clients; `undefined` while it is not connected. */
export async function getDevice(client: string): Promise<Device | undefined> {
  const { data } = await callHub<{ data: readonly { client: string; device: Device }[] }>(
    "/connections?limit=500",
  );
  return data.find((connection) => connection.client === client)?.device;
}

/** Give this browser a name, under which it is shown elsewhere; `""` takes the name away. Returns what was kept. */
export async function nameDevice(name: string): Promise<string> {
  return (await callHub<{ name: string }>("/auth/device", { method: "PUT", body: { name } })).name;
}
