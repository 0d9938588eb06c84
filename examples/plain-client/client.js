// A client of the hub without any package: it signs in, follows one topic and one stream, and survives every break.

const $ = (id) => document.getElementById(id);
const api = async (method, path, body) => {
  const headers = body ? { "content-type": "application/json" } : {};
  const answer = await fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  const data = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw Object.assign(new Error(data.detail ?? data.title), data);
  return data;
};

// Revisions and offsets are decimal strings beyond 2^53: compare by length, then by text.
const newer = (a, b) => (a.length === b.length ? a > b : a.length > b.length);

// ---- State: an event is only a signal, the snapshot is the data, and it is applied only if it is newer.
const topic = "sessions";
let revision = "0";
let announced = "0";
let refreshing = false;
async function refresh(wanted) {
  if (newer(wanted, announced)) announced = wanted;
  if (refreshing || !newer(announced, revision)) return;
  refreshing = true;
  const before = announced;
  try {
    const snapshot = await api("GET", `/topics/${topic}`);
    if (newer(snapshot.revision, revision)) {
      revision = snapshot.revision;
      showSessions(snapshot.data);
    }
  } catch (error) {
    console.warn("the next event or the next connection makes it good", error);
  }
  refreshing = false;
  if (newer(announced, before)) refresh(announced); // announced in the meantime
}

// ---- History: from a cursor on; an entry whose predecessor we have not seen proves a gap.
let stream = null;
let cursor = "0";
let following = false; // what arrives before the answer to `subscribe` belongs to the subscription before
function follow(sessionId) {
  if (stream) send("unsubscribe", { streams: [stream] });
  [stream, cursor] = [`sessions/${sessionId}`, "0"];
  $("messages").replaceChildren();
  subscribeStream();
}
async function subscribeStream() {
  following = false;
  const wanted = stream;
  await ask("subscribe", { streams: { [stream]: cursor } }, () => (following = wanted === stream));
}
function receive(entry) {
  if (!following || entry.source !== `/${stream}`) return;
  const hint = /\.delta\.v\d+$/.test(entry.type); // shown early, may be missing, never moves the cursor
  if (newer(entry.prev, cursor)) return subscribeStream().catch(console.warn);
  if (hint || !newer(entry.offset, cursor)) return;
  cursor = entry.offset;
  if (/^sessions\.message\.(added|completed)\.v1$/.test(entry.type)) showMessage(entry);
}

// ---- The connection: a ticket for each socket, questions with ids, and again after every break.
let socket = null;
let attempt = 0;
let questions = new Map();
const send = (type, payload, id) =>
  socket?.readyState === WebSocket.OPEN && socket.send(JSON.stringify({ type, id, payload }));
const ask = (type, payload, ready) =>
  new Promise((resolve, reject) => {
    const id = crypto.randomUUID();
    questions.set(id, { resolve, reject, ready });
    send(type, payload, id);
  });
async function connect() {
  try {
    const { ticket } = await api("POST", "/auth/ticket");
    socket = new WebSocket(`${location.origin.replace("http", "ws")}/api/v1/stream?token=${ticket}`);
    socket.onopen = resume;
    socket.onmessage = ({ data }) => handle(JSON.parse(data));
    socket.onclose = tryLater;
  } catch (error) {
    if (error.status === 401) $("state").textContent = "signed out: open the link that `atrium open` prints";
    else tryLater();
  }
}
function resume() {
  attempt = 0;
  $("state").textContent = "online";
  // The answer names the topic's revision: whatever was announced while we were away is made good by it.
  ask("subscribe", { topics: [topic] }, ({ topics }) => refresh(topics[topic])).catch(console.warn);
  if (stream) subscribeStream().catch(console.warn);
}
function tryLater() {
  $("state").textContent = "offline";
  questions.forEach(({ reject }) => reject(new Error("the connection was lost")));
  questions = new Map();
  attempt += 1;
  setTimeout(connect, Math.min(8000, 250 * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2));
}
function handle({ type, id, payload }) {
  const question = questions.get(id);
  questions.delete(id);
  if (type === "error") return question?.reject(Object.assign(new Error(payload.detail), payload));
  if (type === "ack") question?.ready?.(payload); // before any frame behind it
  question?.resolve(payload);
  if (type === "sync:invalidate" && payload.topic === topic) refresh(payload.revision);
  if (type === "stream:chunk") receive(payload);
  if (type === "stream:reset" && payload.stream === stream) follow(stream.slice("sessions/".length)); // another history
}

// ---- The page.
function showSessions(sessions) {
  const items = sessions.map(({ id, metadata }) => {
    const button = Object.assign(document.createElement("button"), { textContent: metadata?.title || id });
    button.onclick = () => follow(id);
    const item = document.createElement("li");
    item.append(button);
    return item;
  });
  $("sessions").replaceChildren(...items);
}
function showMessage({ data }) {
  $("messages").append(Object.assign(document.createElement("li"), { textContent: `${data.role}: ${data.content}` }));
}
$("composer").onsubmit = async (event) => {
  event.preventDefault();
  const message = { content: $("text").value, clientToken: crypto.randomUUID() }; // sent twice, it counts once
  await api("POST", `/${stream}/messages`, message);
  $("text").value = "";
};

const code = new URLSearchParams(location.hash.slice(1)).get("code"); // one-time, and never part of a request's address
history.replaceState(null, "", location.pathname);
if (code) await api("POST", "/auth/login", { code });
connect();
