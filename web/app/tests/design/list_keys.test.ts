import { html, LitElement, type TemplateResult } from "lit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ListKeys } from "../../src/design/list_keys.ts";

class FruitList extends LitElement {
  readonly selected: string[] = [];

  readonly keys = new ListKeys(this, {
    items: "a",
    filter: () => this.field.focus(),
    select: (item) => this.selected.push(item.textContent ?? ""),
  });

  get field(): HTMLInputElement {
    return this.renderRoot.querySelector("input") as HTMLInputElement;
  }

  get focused(): string {
    return this.shadowRoot?.activeElement?.textContent ?? "";
  }

  press(key: string, options: KeyboardEventInit = {}): void {
    const target = this.shadowRoot?.activeElement ?? this;
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, ...options }));
  }

  protected override render(): TemplateResult {
    return html`
      <input />
      <a href="/1">Apple</a><a href="/2">Pear</a><a href="/3">Plum</a>
    `;
  }
}
customElements.define("fruit-list", FruitList);

describe("the keys of a list", () => {
  let list: FruitList;

  beforeEach(async () => {
    list = new FruitList();
    document.body.append(list);
    await list.updateComplete;
  });
  afterEach(() => document.body.replaceChildren());

  it("move the focus with letters and arrows, and stop at the ends", () => {
    list.press("Home");
    const path = ["j", "ArrowDown", "j", "k", "ArrowUp", "k"].map((key) => {
      list.press(key);
      return list.focused;
    });
    expect(path).toEqual(["Pear", "Plum", "Plum", "Pear", "Apple", "Apple"]);
    list.press("End");
    expect(list.focused).toBe("Plum");
  });

  it("begin at one of the ends where nothing has the focus", () => {
    list.keys.step(-1);
    expect(list.focused).toBe("Plum");
  });

  it("go to the filter and out of it, and leave letters to who types there", () => {
    list.press("Home");
    list.press("/");
    expect(list.shadowRoot?.activeElement).toBe(list.field);
    list.press("j");
    expect(list.shadowRoot?.activeElement).toBe(list.field);
    list.press("ArrowDown");
    expect(list.focused).toBe("Apple");
  });

  it("select the item that has the focus", () => {
    list.press("End");
    list.press("x");
    expect(list.selected).toEqual(["Plum"]);
  });

  it("are left to the browser together with a modifier", () => {
    list.press("Home");
    list.press("j", { ctrlKey: true });
    expect(list.focused).toBe("Apple");
  });
});
