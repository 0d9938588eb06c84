import { App } from "./shell/app.ts";
import { Hub } from "./state/hub.ts";

const app = new App();
app.hub = new Hub();
document.body.append(app);
