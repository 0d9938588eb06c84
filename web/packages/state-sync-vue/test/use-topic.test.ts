import { createInMemoryHub, createTopicStore } from "@atrium/state-sync";
import { expect, it, vi } from "vitest";
import { computed, effectScope } from "vue";
import { useTopic } from "../src/index";

it("follows a topic until its scope ends", async () => {
  const hub = createInMemoryHub<string>();
  hub.bump("notes", "one");
  const store = createTopicStore({
    topic: "notes",
    subscriber: hub.subscriber(),
    provider: hub.provider("notes"),
  });
  const scope = effectScope();
  const shown = scope.run(() => {
    const topic = useTopic(store);
    return computed(() => `${topic.value.data ?? "nothing"} at ${topic.value.revision}`);
  });
  expect(shown?.value).toBe("nothing at 0");
  await vi.waitFor(() => expect(shown?.value).toBe("one at 1"));
  hub.publish("notes", "two");
  await vi.waitFor(() => expect(shown?.value).toBe("two at 2"));
  expect(hub.subscriptions).toBe(1);
  scope.stop();
  expect(hub.subscriptions).toBe(0);
});
