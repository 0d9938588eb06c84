import { App } from "./shell/app.ts";
import { builtInFeatures } from "./shell/built_in_features.ts";
import { takeShippedFeatures } from "./shell/shipped_features.ts";
import { Hub } from "./state/hub.ts";
import { leadToWelcome } from "./state/welcome.ts";

const hub = new Hub();
hub.preferences.applyTo(document.documentElement, matchMedia("(prefers-contrast: more)"));
hub.features.declare(...builtInFeatures(hub));
takeShippedFeatures(hub);
leadToWelcome(hub);

const app = new App();
app.hub = hub;
document.body.append(app);
