// A KOL: the accounts, the campaigns with their numbers, the links, what is worth a look.
import { chosen, keep } from "./address.js";
import { ask, Failure } from "./api.js";
import { bar, DEFAULTS, variables } from "./choices.js";
import { el, fill } from "./dom.js";
import { count, day, dayIn, withheld } from "./format.js";
import { announce, setup, t } from "./frame.js";
import { KPIS } from "./kpis.js";
import { empty, failed, shown } from "./states.js";
import { statements } from "./statements.js";
import { panel, table } from "./table.js";

const values = chosen(DEFAULTS);
const page = document.getElementById("page");
let asking = new AbortController();

const SHOWN = ["reach", "engagementRate", "traffic", "orders", "sales", "cost", "roas", "roi"];
const choices = el("div", {});
const scores = el("div", {});
const details = el("div", { class: "stack" });

async function read(name, more, signal) {
  const { kol } = await ask(name, { id: setup.id, ...more }, { signal });
  if (kol === null) throw new Failure("absent");
  return kol;
}

function change(given) {
  Object.assign(values, given);
  keep(values, DEFAULTS);
  fill(choices, bar(values, change));
  document.getElementById(Object.keys(given)[0])?.focus();
  load();
}

const whole = (link) => `${location.origin}${link.path}`;

/** To be copied, not followed: whoever follows it is counted as somebody the KOL sent. */
function copied(link) {
  const button = el("button", { type: "button", "aria-label": `${t("copy")}: ${whole(link)}`, on: { click: async () => {
    await navigator.clipboard.writeText(whole(link));
    button.textContent = t("copied");
    announce(t("copied"));
  } } }, t("copy"));
  return button;
}

function links(collaborations) {
  const all = collaborations.flatMap((one) => one.links.map((link) => ({ ...link, campaign: one.campaign.name })));
  if (!all.length) return el("p", { class: "quiet-text" }, t("no_links"));
  return table({ caption: t("links"), rows: all, columns: [
    { label: t("link"), cell: (row) => [el("span", { class: "breaks" }, whole(row)), el("span", { class: "small" }, t("of_campaign", { campaign: row.campaign }))] },
    { label: t("copy"), cell: copied },
    { label: t("destination"), cell: (row) => el("span", { class: "breaks" }, row.destination) },
    { label: t("clicks"), number: true, cell: (row) => (row.clicks === null ? withheld() : count(row.clicks)) },
    { label: "QR", cell: (row) => el("img", { class: "qr", src: `${row.path}/qr.svg`, alt: t("qr", { link: whole(row) }), width: "96", height: "96", loading: "lazy" }) },
  ] });
}

const evidence = ({ counted, among, since }, timezone) => t("flag_evidence", { counted: count(counted), among: count(among), day: day(dayIn(since, timezone)) });

function flags(collaborations) {
  const all = collaborations.flatMap((one) => one.flags.map((flag) => ({ ...flag, campaign: one.campaign })));
  if (!all.length) return el("p", { class: "quiet-text" }, t("no_flags"));
  return el("ul", { class: "flags" }, all.map((flag) => el("li", {}, el("span", { class: flag.severity === "HIGH" ? "badge bad" : "badge warn" }, t(`flag_${flag.kind}`)), " ", evidence(flag.evidence, flag.campaign.partner.timezone),
    el("span", { class: "small" }, t("of_campaign", { campaign: flag.campaign.name })))));
}

function numbers(kol) {
  const columns = [
    { label: t("campaign"), cell: (row) => [el("a", { href: `/portal/campaigns/${row.campaign.id}/` }, row.campaign.name), el("span", { class: "small" }, row.campaign.partner.name)] },
    ...SHOWN.map((key) => ({ label: t(KPIS[key].words), number: true, cell: (row) => KPIS[key].of(row.kpis) })),
  ];
  const rows = kol.collaborations.edges.map(({ node }) => node);
  return rows.length ? table({ caption: t("collaborations"), columns, rows }) : empty(t("nothing_found_title"));
}

function head(kol) {
  document.title = `${kol.name} · Liveledger`;
  return el("div", {}, el("p", { class: "crumb" }, el("a", { href: "/portal/" }, t("campaigns"))), el("h1", {}, kol.name),
    el("p", { class: "meta" }, kol.accounts.map((one) => el("span", {}, `${one.platform} @${one.handle}`, one.followers === null ? "" : ` · ${t("followers", { count: count(one.followers) })}`))));
}

function more(kol) {
  const all = kol.collaborations.edges.map(({ node }) => node);
  const codes = all.flatMap((one) => one.codes.map((code) => code.code));
  const kols = new Map(all.map((one) => [one.id, one.kol.name]));
  return [
    panel("h-flags", t("flags"), { lead: t("flags_lead") }, flags(all)),
    panel("h-links", t("links"), {}, links(all)),
    codes.length ? panel("h-codes", t("codes"), {}, el("p", { class: "row" }, codes.map((code) => el("span", { class: "badge" }, code)))) : null,
    panel("h-statements", t("statements"), { lead: t("statements_lead") }, statements(all.flatMap((one) => one.statements.edges.map(({ node }) => node)), kols)),
  ];
}

function load() {
  asking.abort();
  asking = new AbortController();
  shown(scores, () => read("kol", variables(values), asking.signal), numbers);
}

async function begin() {
  let kol;
  try {
    kol = await read("kol", variables(values));
  } catch (error) {
    fill(page, failed(error, begin, "h1"));
    return;
  } finally {
    page.removeAttribute("aria-busy");
  }
  fill(choices, bar(values, change));
  fill(scores, numbers(kol));
  fill(page, el("div", { class: "stack" }, head(kol), choices, panel("h-collaborations", t("collaborations"), {}, scores), details));
  // Of the KOL, whatever is chosen: asked once.
  shown(details, () => read("kolDetails"), more);
}

begin();
