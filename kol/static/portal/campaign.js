// A campaign: its score, its KOLs, its days, who shares whose audience, the eight models, what is due.
import { chosen, keep } from "./address.js";
import { ask, Failure } from "./api.js";
import { course } from "./chart.js";
import { bar, DEFAULTS as ASKED, MODELS, variables } from "./choices.js";
import { el, fill } from "./dom.js";
import { count, day, dayIn, moment, money, nothing, share, withheld } from "./format.js";
import { locale, setup, t } from "./frame.js";
import { bare, certainty, KPIS, metric, tiles } from "./kpis.js";
import { empty, failed, shown } from "./states.js";
import { statements } from "./statements.js";
import { behind, download, panel, table } from "./table.js";

const DEFAULTS = { ...ASKED, sort: "SALES", direction: "DESC", search: "" };
const TILES = ["reach", "engagementRate", "traffic", "orders", "sales", "cost", "roas", "roi"];
const RANKED = ["reach", "engagementRate", "traffic", "orders", "sales", "cost", "roas", "roi"];
const values = chosen(DEFAULTS);
const page = document.getElementById("page");
const places = Object.fromEntries(["head", "choices", "score", "ranking", "trend", "models", "overlap", "statements"].map((name) => [name, el("div", { id: `part-${name}` })]));
let campaign = null;
let asking = new AbortController();
let waiting;

const lastDay = (text) => new Date(Date.parse(`${text}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
const question = () => ({ id: setup.id, ...variables(values, campaign) });

async function read(name, more = {}, signal = asking.signal) {
  const { campaign: told } = await ask(name, { ...question(), ...more }, { signal });
  if (told === null) throw new Failure("absent");
  return told;
}

function change(given) {
  Object.assign(values, given);
  keep(values, DEFAULTS);
  fill(places.choices, bar(values, change));
  const focused = Object.keys(given)[0];
  document.getElementById(focused)?.focus();
  load();
}

function head() {
  document.title = `${campaign.name} · Liveledger`;
  fill(places.head, el("p", { class: "crumb" }, el("a", { href: "/portal/" }, t("campaigns"))),
    el("h1", {}, campaign.name),
    el("p", { class: "meta" }, el("span", {}, campaign.partner.name), el("span", {}, `${day(campaign.startsOn)} – ${day(lastDay(campaign.endsOn))}`),
      campaign.isRunning ? el("span", { class: "badge good" }, t("running")) : null));
}

function score(told) {
  return [tiles(told.kpis, TILES, { reach: t("reach_why"), traffic: t("traffic_why"), sales: certainty(told.kpis.salesInterval) }),
    told.kpis.computedAt ? el("p", { class: "meta" }, t("computed_at", { moment: moment(told.kpis.computedAt) })) : null];
}

// -- the ranking -------------------------------------------------------------------------------

const COLUMNS = [
  { label: t("kol"), cell: (row) => [el("a", { href: `/portal/kols/${row.kol.id}/` }, row.kol.name), row.agency ? el("span", { class: "small" }, row.agency.name) : null,
    row.flags.length ? el("span", { class: "badge warn", title: t("flags_lead") }, t("flag_count", { count: count(row.flags.length) })) : null] },
  ...RANKED.map((key) => ({ label: t(KPIS[key].words), number: true, sort: metric(key), cell: (row) => [KPIS[key].of(row.kpis), key === "sales" ? certainty(row.kpis.salesInterval) : null] })),
];
let askingRanking = new AbortController();

function ranked(after) {
  askingRanking.abort();
  askingRanking = new AbortController();
  const orderBy = { metric: values.sort, direction: values.direction };
  return read("ranking", { search: values.search || null, orderBy, after }, askingRanking.signal);
}

function sortBy(key) {
  const isSame = values.sort === key;
  values.direction = isSame && values.direction === "DESC" ? "ASC" : "DESC";
  values.sort = key;
  keep(values, DEFAULTS);
  ranking().then(() => places.ranking.querySelector(`th[data-key="${key}"] button`)?.focus());
}

const search = el("input", { id: "search", type: "search", value: values.search, maxlength: "100", "aria-label": t("search_kols"), placeholder: t("search_kols"), on: { input: (event) => {
  clearTimeout(waiting);
  values.search = event.target.value.trim();
  waiting = setTimeout(() => { keep(values, DEFAULTS); ranking(); }, 250);
} } });
const rankingRows = el("div", {});
let listed = [];
const file = el("button", { type: "button", on: { click: () => download(`${campaign.name}.csv`, [
  [t("kol"), t("agency"), ...RANKED.map((key) => t(KPIS[key].words))],
  ...listed.map((row) => [row.kol.name, row.agency?.name ?? "", ...RANKED.map((key) => bare(row.kpis, key))]),
]) } }, t("download_csv"));

function rows(told, before = []) {
  listed = [...before, ...told.collaborations.edges.map(({ node }) => node)];
  file.disabled = !listed.length;
  if (!listed.length) return empty(t("nothing_found_title"), t("nothing_found_text"));
  const { hasNextPage, endCursor } = told.collaborations.pageInfo;
  const more = el("button", { type: "button", on: { click: async () => {
    more.disabled = true;
    try {
      fill(rankingRows, rows(await ranked(endCursor), listed));
    } catch (error) {
      if (error.name !== "AbortError") fill(rankingRows, failed(error, ranking));
    }
  } } }, t("more"));
  const sort = { key: values.sort, direction: values.direction };
  return [table({ caption: t("ranking"), columns: COLUMNS, rows: listed, sort, onSort: sortBy }), hasNextPage ? el("div", { class: "more" }, more) : null];
}

const ranking = () => shown(rankingRows, () => ranked(null), (told) => rows(told));

// -- the rest ----------------------------------------------------------------------------------

function trend({ trend: told }) {
  if (!told.timestamps.length) return empty(t("no_days_title"));
  const named = { SALES: "sales", REACH: "reach" };
  const { currency } = told.series.find((one) => one.metric === "SALES");
  const days = told.timestamps.map((at) => dayIn(at, campaign.partner.timezone));
  const series = told.series.map((one) => ({ label: t(named[one.metric]), values: one.values,
    format: (value) => (one.metric === "SALES" ? money({ amount: value, currency }, { short: true }) : count(Math.round(value))) }));
  const { button, place } = behind(() => table({ caption: t("trend"), rows: days.map((at, row) => ({ at, row })), columns: [
    { label: t("day"), cell: ({ at }) => day(at) },
    ...series.map((one) => ({ label: one.label, number: true, cell: ({ row }) => (one.values[row] === null ? nothing(t("not_known")) : one.format(one.values[row])) })),
  ] }));
  const label = t("trend_label", { metrics: series.map((one) => one.label).join(", ") });
  return [el("div", { class: "panel-head" }, el("p", { class: "legend" }, series.map((one, at) => el("span", {}, el("i", { class: `s${at + 1}`, "aria-hidden": "true" }), one.label))), button),
    course({ label, days, series }), place];
}

function models({ models: told }) {
  const names = new Map();
  for (const one of told) for (const credit of one.credits) names.set(credit.member?.collaborationId ?? "", credit.member?.name ?? t("nobody"));
  if (!names.size) return empty(t("nothing_found_title"), t("nothing_found_text"));
  const order = [...names.keys()].sort((a, b) => (a === "") - (b === "") || names.get(a).localeCompare(names.get(b), locale));
  return table({ caption: t("models"), rows: order, columns: [
    { label: t("kol"), cell: (id) => names.get(id) },
    ...MODELS.map((model) => ({ label: t(`model_${model}`), number: true, cell: (id) => {
      const credit = told.find((one) => one.model === model)?.credits.find((one) => (one.member?.collaborationId ?? "") === id);
      return credit ? money(credit.sales) : nothing(t("not_known"));
    } })),
  ] });
}

function overlap({ overlap: told }) {
  const known = told.kols.filter((one) => one.people !== null);
  const few = told.kols.length - known.length;
  const rest = few ? el("p", { class: "meta" }, t("overlap_rest", { count: count(few) })) : null;
  if (known.length < 2) return [rest, el("p", { class: "quiet-text" }, t("overlap_none"))];
  const shared = new Map();
  for (const cell of told.cells) for (const [a, b] of [[cell.first.kolId, cell.second.kolId], [cell.second.kolId, cell.first.kolId]]) shared.set(`${a} ${b}`, cell);
  const lead = told.unique === null || told.gross === null ? null : el("p", { class: "meta" }, t("overlap_lead", { unique: count(told.unique), gross: count(told.gross) }));
  return [lead, rest, table({ caption: t("overlap"), matrix: true, rows: known, columns: [
    { label: t("kol"), cell: (row) => row.name },
    ...known.map((column) => ({ label: column.name, own: (row) => row.kolId === column.kolId, cell: (row) => {
      if (row.kolId === column.kolId) return count(row.people);
      const cell = shared.get(`${row.kolId} ${column.kolId}`);
      if (!cell || cell.people === null) return withheld();
      return [count(cell.people), cell.share === null ? null : el("span", { class: "small" }, share(cell.share))];
    } })),
  ] })];
}

function due(told) {
  const kols = new Map(told.collaborations.edges.map(({ node }) => [node.id, node.kol.name]));
  return statements(told.statements.edges.map(({ node }) => node), kols);
}

function load() {
  asking.abort();
  asking = new AbortController();
  shown(places.score, () => read("campaign"), score);
  ranking();
  shown(bodies.trend, () => read("trend"), trend);
  shown(bodies.models, () => read("models"), models);
}

const bodies = Object.fromEntries(["trend", "models", "overlap", "statements"].map((name) => [name, el("div", {})]));

async function begin() {
  try {
    campaign = await read("campaign");
  } catch (error) {
    fill(page, failed(error, begin, "h1"));
    return;
  } finally {
    page.removeAttribute("aria-busy");
  }
  head();
  fill(places.choices, bar(values, change));
  fill(places.ranking, panel("h-ranking", t("ranking"), { lead: t("ranking_lead"), tools: [search, file] }, rankingRows));
  fill(places.trend, panel("h-trend", t("trend"), { lead: t("trend_lead") }, bodies.trend));
  fill(places.models, panel("h-models", t("models"), { lead: t("models_lead") }, bodies.models));
  fill(places.overlap, panel("h-overlap", t("overlap"), {}, bodies.overlap));
  fill(places.statements, panel("h-statements", t("statements"), { lead: t("statements_lead") }, bodies.statements));
  fill(page, el("div", { class: "stack" }, Object.values(places)));
  load();
  // Whatever is chosen: who watched whom, and what is due.
  shown(bodies.overlap, () => read("overlap", {}, null), overlap);
  shown(bodies.statements, () => read("statements", {}, null), due);
}

begin();
