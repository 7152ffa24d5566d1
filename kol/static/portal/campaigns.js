// All campaigns one may see, the latest first.
import { chosen, keep } from "./address.js";
import { ask } from "./api.js";
import { el, fill } from "./dom.js";
import { day } from "./format.js";
import { announce, t } from "./frame.js";
import { KPIS } from "./kpis.js";
import { empty, failed, shown } from "./states.js";
import { table } from "./table.js";

const DEFAULTS = { search: "" };
const values = chosen(DEFAULTS);
const place = document.getElementById("page");
const list = el("div", { class: "card panel" });
let asking = null;

function state(campaign) {
  if (campaign.isRunning) return el("span", { class: "badge good" }, t("running"));
  const isOver = campaign.endsOn <= new Date().toISOString().slice(0, 10);
  return el("span", { class: "badge" }, t(isOver ? "finished" : "planned"));
}

const kpi = (key) => ({ label: t(KPIS[key].words), number: true, cell: (row) => KPIS[key].of(row.kpis) });
const COLUMNS = [
  { label: t("campaign"), cell: (row) => [el("a", { href: `/portal/campaigns/${row.id}/` }, row.name), el("span", { class: "small" }, row.partner.name)] },
  { label: t("days"), cell: (row) => [el("span", { class: "nowrap" }, `${day(row.startsOn)} – ${day(row.lastDay)}`), el("span", { class: "small" }, state(row))] },
  kpi("reach"), kpi("sales"), kpi("cost"), kpi("roas"), kpi("roi"),
];

const lastDay = (text) => new Date(Date.parse(`${text}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
const read = async (after) => {
  const { campaigns } = await ask("campaigns", { search: values.search || null, after }, { signal: asking.signal });
  return { ...campaigns, rows: campaigns.edges.map(({ node }) => ({ ...node, lastDay: lastDay(node.endsOn) })) };
};

function rows(told, before = []) {
  const all = [...before, ...told.rows];
  if (!all.length) return values.search ? empty(t("nothing_found_title"), t("nothing_found_text")) : empty(t("no_campaigns_title"), t("no_campaigns_text"));
  const more = el("button", { type: "button", on: { click: async () => {
    more.disabled = true;
    try {
      fill(list, rows(await read(told.pageInfo.endCursor), all));
    } catch (error) {
      if (error.name !== "AbortError") fill(list, failed(error, load));
    }
  } } }, t("more"));
  return [table({ caption: t("campaigns"), columns: COLUMNS, rows: all }), told.pageInfo.hasNextPage ? el("div", { class: "more" }, more) : null];
}

function load() {
  asking?.abort();
  asking = new AbortController();
  return shown(list, () => read(null), (told) => rows(told));
}

let waiting;
const search = el("input", { id: "search", type: "search", value: values.search, maxlength: "100", on: { input: (event) => {
  clearTimeout(waiting);
  values.search = event.target.value.trim();
  waiting = setTimeout(() => { keep(values, DEFAULTS); announce(t("loading")); load(); }, 250);
} } });

fill(place, el("div", { class: "stack" },
  el("div", { class: "page-head" }, el("h1", {}, t("campaigns")), el("div", { class: "field" }, el("label", { for: "search" }, t("search_campaigns")), search)), list));
place.removeAttribute("aria-busy");
load();
