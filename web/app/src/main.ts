import { App } from "./shell/app.ts";
import { builtInFeatures } from "./shell/built_in_features.ts";
import { keepPageFiles, ownScript, watchPageVersion } from "./shell/page_version.ts";
import { takeShippedFeatures } from "./shell/shipped_features.ts";
import { markWaiting } from "./shell/waiting_mark.ts";
import { Hub } from "./state/hub.ts";
import { keepHubWords } from "./state/hub_words.ts";
import { recordLastSeen } from "./state/last_seen_recorder.ts";
import { leadToWelcome } from "./state/welcome.ts";

const hub = new Hub();
hub.preferences.applyTo(document.documentElement, matchMedia("(prefers-contrast: more)"));
hub.features.declare(...builtInFeatures(hub));
takeShippedFeatures(hub);
leadToWelcome(hub);
keepHubWords(hub.preferences);
recordLastSeen(hub);
markWaiting(hub);

// What the address leads to is made ready while the hub is asked, not once the shell has been drawn without it.
const first = hub.features.ownerOf(hub.router.path.peek());
if (first) void hub.features.load(first.name);

const app = new App();
app.hub = hub;
document.body.append(app);

if (import.meta.env.PROD) {
  watchPageVersion(hub, ownScript());
  keepPageFiles(navigator.serviceWorker);
}
