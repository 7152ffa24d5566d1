"use strict";

// The key lives in this tab only: sessionStorage ends with it, and it never becomes part of a request's address.
const KEY = "liveledger.key";
const field = document.getElementById("key");
const state = document.getElementById("state");
const root = ReactDOM.createRoot(document.getElementById("explorer"));

function day(offset) {
  return new Date(Date.now() + offset * 86400000).toISOString().slice(0, 10);
}

const SAMPLES = [
  { file: "overview", variables: {} },
  { file: "trend", variables: {} },
  { file: "moments", variables: {} },
  { file: "scorecard", variables: {} },
  { file: "next", variables: {} },
  { file: "campaign", variables: {} },
  { file: "customers", variables: {} },
  { file: "shop", variables: { period: { from: day(-27), to: day(1) } } },
];

// A link may carry the key behind "#", which browsers do not send to servers.
const linked = new URLSearchParams(location.hash.slice(1)).get("key");
if (linked) {
  sessionStorage.setItem(KEY, linked);
  history.replaceState(null, "", location.pathname);
}
field.value = sessionStorage.getItem(KEY) || "";

async function fetcher(request) {
  const response = await fetch("/graphql/", {
    method: "POST",
    credentials: "omit",
    headers: {
      "Accept": "application/graphql-response+json, application/json;q=0.9",
      "Authorization": `Bearer ${field.value.trim()}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify(request),
  });
  const answer = await response.json();
  const cost = answer.extensions && answer.extensions.cost;
  state.textContent = cost ? `cost ${cost.requested}, ${cost.available} of ${cost.limit} left` : `HTTP ${response.status}`;
  return answer;
}

async function sample({ file, variables }) {
  const response = await fetch(`samples/${file}.graphql`);
  return { query: await response.text(), variables: JSON.stringify(variables, null, 2) };
}

async function start() {
  const defaultTabs = await Promise.all(SAMPLES.map(sample));
  const show = () => {
    if (!field.value.trim()) state.textContent = "Enter a key to begin.";
    // Another key sees another schema perhaps: a new React key makes GraphiQL ask again.
    const props = { key: field.value, fetcher, defaultTabs, isHeadersEditorEnabled: false, shouldPersistHeaders: false };
    root.render(React.createElement(GraphiQL, props));
  };
  field.addEventListener("change", () => {
    sessionStorage.setItem(KEY, field.value.trim());
    show();
  });
  show();
}

start();
