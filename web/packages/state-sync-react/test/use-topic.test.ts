import { createInMemoryHub, createTopicStore } from "@atrium/state-sync";
import { act, createElement, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { expect, it, vi } from "vitest";
import { useTopic } from "../src/index";

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

function prepare() {
  const hub = createInMemoryHub<string>();
  hub.bump("notes", "one");
  const store = createTopicStore({
    topic: "notes",
    subscriber: hub.subscriber(),
    provider: hub.provider("notes"),
  });
  const View = () => {
    const { data, revision } = useTopic(store);
    return `${data ?? "nothing"} at ${revision}`;
  };
  return { hub, View };
}

it("renders a topic while it is mounted, and lets go of it then", async () => {
  const { hub, View } = prepare();
  const place = document.createElement("div");
  const root = createRoot(place);
  await act(async () => root.render(createElement(StrictMode, null, createElement(View))));
  await vi.waitFor(() => act(async () => expect(place.textContent).toBe("one at 1")));
  await act(async () => void hub.publish("notes", "two"));
  await vi.waitFor(() => act(async () => expect(place.textContent).toBe("two at 2")));
  expect(hub.subscriptions).toBe(1);
  await act(async () => root.unmount());
  expect(hub.subscriptions).toBe(0);
});

it("shows what is known when rendered on a server", () => {
  const { hub, View } = prepare();
  expect(renderToString(createElement(View))).toBe("nothing at 0");
  expect(hub.subscriptions).toBe(0);
});
