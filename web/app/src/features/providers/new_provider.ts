import type { NewProvider } from "../../api/provider_keys.ts";
import type { Vendor } from "../../api/providers.ts";

/** A field of the form that is not as it has to be. */
export type WrongField = "model" | "baseUrl" | "key";

/** The text of each field as it was typed. */
export type Typed = Readonly<Record<"vendor" | "model" | "baseUrl" | "name" | "key", string>>;

/** What a person described, or the first field that keeps it from being one. */
export function readProvider(typed: Typed): NewProvider | WrongField {
  const { model, baseUrl, name, key } = trimmed(typed);
  const vendor = typed.vendor as Vendor;
  if (vendor === "compatible" && !isAddress(baseUrl)) return "baseUrl";
  if (!model) return "model";
  if (vendor !== "compatible" && !key) return "key";
  return {
    vendor,
    model,
    ...(name && { name }),
    ...(vendor === "compatible" && { baseUrl }),
    ...(key && { key }),
  };
}

function trimmed(typed: Typed): Typed {
  return Object.fromEntries(Object.entries(typed).map(([name, text]) => [name, text.trim()])) as Typed;
}

/** Whether the hub can send requests there; who sends them is said by the key, never by the address. */
function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && hostname !== "" && !username && !password;
}
