import { ChartColumn, MessagesSquare, Plug, Settings, ShieldQuestionMark, SquarePen } from "lucide";
import { settingsCommands } from "../features/settings/commands.ts";
import type { FeatureDeclaration } from "../state/features.ts";
import type { Hub } from "../state/hub.ts";
import { shellWords } from "./words.ts";

/** The features that ship with the page. Each is loaded when one first goes there. */
export function builtInFeatures(hub: Hub): readonly FeatureDeclaration[] {
  return [
    {
      name: "sessions",
      paths: ["/", "/new", "/sessions/:id"],
      navigation: { path: "/", label: () => shellWords().sessions, icon: MessagesSquare, keys: "g h" },
      commands: [
        {
          id: "sessions.new",
          label: () => shellWords().newSession,
          keys: "n",
          icon: SquarePen,
          run: () => hub.router.go("/new"),
        },
      ],
      load: async () => (await import("../features/sessions/feature.ts")).default(hub),
    },
    {
      name: "approvals",
      paths: ["/approvals"],
      navigation: {
        path: "/approvals",
        label: () => shellWords().approvals,
        icon: ShieldQuestionMark,
        keys: "g a",
        badge: () => hub.approvals.count.value,
      },
      load: async () => (await import("../features/approvals/feature.ts")).default(hub),
    },
    {
      name: "providers",
      paths: ["/providers", "/providers/:id", "/providers/:id/key"],
      navigation: { path: "/providers", label: () => shellWords().providers, icon: Plug, keys: "g p" },
      load: async () => (await import("../features/providers/feature.ts")).default(hub),
    },
    {
      name: "usage",
      paths: ["/usage"],
      navigation: { path: "/usage", label: () => shellWords().usage, icon: ChartColumn, keys: "g u" },
      load: async () => (await import("../features/usage/feature.ts")).default(hub),
    },
    {
      name: "settings",
      paths: ["/settings"],
      navigation: { path: "/settings", label: () => shellWords().settings, icon: Settings, keys: "g s" },
      commands: settingsCommands(hub),
      load: async () => (await import("../features/settings/feature.ts")).default(hub),
    },
    {
      name: "welcome",
      paths: ["/welcome"],
      load: async () => (await import("../features/welcome/feature.ts")).default(hub),
    },
    {
      name: "gallery",
      paths: ["/gallery"],
      load: async () => (await import("../features/gallery/feature.ts")).default(),
    },
  ];
}
