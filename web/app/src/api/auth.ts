import { callHub } from "./http.ts";

/** Trade a one-time code for the session cookie. */
export async function login(code: string): Promise<void> {
  await callHub("/auth/login", { method: "POST", body: { code } });
}

/** Get a single-use ticket for one WebSocket connection, and what the hub calls this browser. */
export function getTicket(): Promise<{ readonly ticket: string; readonly client: string }> {
  return callHub("/auth/ticket", { method: "POST" });
}

/** Sign this browser out; its sockets close. */
export async function logout(): Promise<void> {
  await callHub("/auth/logout", { method: "POST" });
}
