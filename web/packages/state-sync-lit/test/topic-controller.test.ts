import { createInMemoryHub, createTopicStore } from "@atrium/state-sync";
import { html, LitElement } from "lit";
import { expect, it, vi } from "vitest";
import { TopicController } from "../src/index";

const hub = createInMemoryHub<string>();
const store = createTopicStore({
  topic: "notes",
  subscriber: hub.subscriber(),
  provider: hub.provider("notes"),
});

class NoteView extends LitElement {
  private readonly topic = new TopicController(this, store);

  override render() {
    const { data, revision } = this.topic.state;
    return html`${data ?? "nothing"} at ${revision}`;
  }
}

customElements.define("note-view", NoteView);

it("renders a topic while the element is connected, again and again", async () => {
  hub.bump("notes", "one");
  const view = document.createElement("note-view");
  const text = () => view.shadowRoot?.textContent;
  document.body.append(view);
  await vi.waitFor(() => expect(text()).toBe("one at 1"));
  hub.publish("notes", "two");
  await vi.waitFor(() => expect(text()).toBe("two at 2"));
  view.remove();
  expect(hub.subscriptions).toBe(0);
  hub.publish("notes", "three");
  document.body.append(view);
  await vi.waitFor(() => expect(text()).toBe("three at 3"));
  expect(hub.subscriptions).toBe(1);
  view.remove();
});
