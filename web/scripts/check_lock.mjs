// Fails when the lock would not install elsewhere: npm leaves out the builds for other platforms when it cannot find them,
// and `npm ci` then refuses the lock. Also fails on addresses of a registry, which belong to one machine.
import { readFileSync } from "node:fs";

const { packages } = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
const installed = Object.entries(packages).filter(
  ([path, entry]) => path.includes("node_modules/") && !entry.link,
);
const names = new Set(
  installed.map(([path]) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)),
);

const faults = [];
for (const [path, entry] of installed) {
  if (!entry.version || !entry.integrity) faults.push(`${path} has no version or no hash`);
  if (entry.resolved) faults.push(`${path} names the address it came from`);
  for (const wanted of Object.keys(entry.optionalDependencies ?? {})) {
    if (!names.has(wanted)) faults.push(`${path} wants ${wanted}, which is not locked`);
  }
}

for (const fault of faults) process.stderr.write(`package-lock.json: ${fault}\n`);
if (faults.length > 0) {
  process.stderr.write(
    "Lock again with `npm run lock`; if that does not help, take a version whose builds are all published.\n",
  );
  process.exitCode = 1;
}
