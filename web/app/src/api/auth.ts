import { callHub } from "./http.ts";

/** Trade a one-time code for the session cookie. */
export async function login(code: string): Promise<void> {
  await callHub("/auth/login", { method: "POST", body: { code } });
}

/** Get a single-use ticket for one WebSocket connection. */
export async function getTicket(): Promise<string> {
  const { ticket } = await callHub<{ ticket: string }>("/auth/ticket", { method: "POST" });
  return ticket;
}

/** Sign this browser out; its sockets close. */
export async function logout(): Promise<void> {
  await callHub("/auth/logout", { method: "POST" });
}
