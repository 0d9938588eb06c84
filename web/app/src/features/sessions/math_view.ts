import mathFont from "@fontsource/noto-sans-math/files/noto-sans-math-latin-400-normal.woff2?url";
import createPurify, { type Config } from "dompurify";

type Temml = typeof import("temml").default;

const LONGEST_CHARACTERS = 5_000;
const FONT = "Noto Sans Math";

const POLICY = {
  USE_PROFILES: { mathMl: true },
  FORBID_ATTR: ["href", "xlink:href", "src"],
  ALLOW_DATA_ATTR: false,
  IN_PLACE: true,
} satisfies Config;

/** Sets formulas as MathML. What the formula language could do beyond formulas (links, styles, images) is off. */
export class MathView {
  readonly #purify = createPurify(window);
  #temml: Temml | undefined;
  #loading: Promise<void> | undefined;

  /** Set the formulas inside an element, now or as soon as that is possible; until then they stand as they were written. */
  show(within: ParentNode): void {
    const formulas = [...within.querySelectorAll<HTMLElement>("[data-math]")];
    if (formulas.length === 0) return;
    if (this.#temml) this.#setAll(formulas);
    else void this.#load().then(() => this.#setAll(formulas));
  }

  #setAll(formulas: readonly HTMLElement[]): void {
    const temml = this.#temml;
    if (temml) for (const formula of formulas) this.#set(temml, formula);
  }

  #set(temml: Temml, formula: HTMLElement): void {
    const source = formula.textContent ?? "";
    const isDisplay = formula.dataset.math === "display";
    if (source.length > LONGEST_CHARACTERS) return;
    const stand = document.createElement("span");
    try {
      temml.render(source, stand, { displayMode: isDisplay, annotate: true, throwOnError: true, ...LIMITS });
    } catch (error) {
      if (error instanceof temml.ParseError) return; // What is no formula stays as it was written.
      throw error;
    }
    const set = stand.firstElementChild;
    if (!set) return;
    this.#purify.sanitize(set, POLICY);
    formula.removeAttribute("data-math");
    formula.className = isDisplay ? "formula display" : "formula";
    formula.replaceChildren(set);
  }

  /** Without the library the formulas stay as they were written; the next one asks for it again. */
  #load(): Promise<void> {
    this.#loading ??= Promise.all([import("temml"), loadFont()])
      .then(([{ default: temml }]) => {
        this.#temml = temml;
      })
      .catch(() => {
        this.#loading = undefined;
      });
    return this.#loading;
  }
}

const LIMITS = { trust: false, maxSize: [20, 500] as [number, number], maxExpand: 200 };

async function loadFont(): Promise<void> {
  const font = new FontFace(FONT, `url("${mathFont}") format("woff2")`);
  document.fonts.add(await font.load());
}
