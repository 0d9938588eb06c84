// Runs before the first picture, so that the page never appears in the wrong theme or contrast. The names and values are those
// of src/state/preferences.ts; the policy of the page allows no script inside it.
(() => {
  const root = document.documentElement;
  const kept = (name) => {
    try {
      return localStorage.getItem(`atrium.${name}`);
    } catch {
      return null;
    }
  };
  const contrast = kept("contrast");
  const wantsMore =
    contrast === "more" || (contrast !== "normal" && matchMedia("(prefers-contrast: more)").matches);
  root.dataset.theme = kept("theme") ?? "system";
  root.dataset.contrast = wantsMore ? "more" : "normal";
})();
