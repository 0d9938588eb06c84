import { afterEach, describe, expect, it } from "vitest";
import { Segmented } from "../../src/design/segmented.ts";

const CHOICES = [
  { value: "day", label: "Day" },
  { value: "week", label: "Week" },
];

async function shown(): Promise<Segmented> {
  const control = new Segmented();
  control.choices = CHOICES;
  control.value = "week";
  control.label = "Span";
  document.body.append(control);
  await control.updateComplete;
  return control;
}

function inputs(control: Segmented): HTMLInputElement[] {
  return [...(control.shadowRoot?.querySelectorAll("input") ?? [])];
}

describe("a segmented control", () => {
  afterEach(() => document.body.replaceChildren());

  it("is a group of radio buttons with a name", async () => {
    const control = await shown();
    expect(control.shadowRoot?.querySelector("legend")?.textContent).toBe("Span");
    expect(inputs(control).map(({ type, name, checked }) => [type, name, checked])).toEqual([
      ["radio", "choice", false],
      ["radio", "choice", true],
    ]);
  });

  it("tells what was chosen, once", async () => {
    const control = await shown();
    const told: string[] = [];
    control.addEventListener("change", () => told.push(control.value));
    inputs(control)[0]?.click();
    expect(told).toEqual(["day"]);
  });

  it("is deaf while it is disabled", async () => {
    const control = await shown();
    control.disabled = true;
    await control.updateComplete;
    inputs(control)[0]?.click();
    expect(control.value).toBe("week");
  });
});
