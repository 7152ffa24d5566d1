// A KPI of an answer as a cell: the number, a dash that says why there is none, or that too few people are meant.
import { el } from "./dom.js";
import { count, decimal, money, nothing, share, withheld } from "./format.js";
import { t } from "./frame.js";

const REASONS = { NO_DENOMINATOR: "no_denominator", MISSING_COSTS: "missing_costs" };
const why = (told) => t(REASONS[told?.reason] ?? "not_known");

/** What is shown of each KPI: [key of its words, how it is written]; `metric` is its name in the API. */
export const KPIS = {
  reach: { words: "reach", of: people("reach") },
  views: { words: "views", of: plain("views", count) },
  engagementRate: { words: "engagement_rate", of: quotient("engagementRate", share) },
  traffic: { words: "traffic", of: people("traffic") },
  clicks: { words: "clicks", of: plain("clicks", count) },
  orders: { words: "orders", of: plain("orders", count) },
  newBuyers: { words: "new_buyers", of: people("newBuyers") },
  sales: { words: "sales", of: (kpis) => money(kpis.sales) },
  cost: { words: "cost", of: (kpis) => money(kpis.cost) },
  roas: { words: "roas", of: quotient("roas", decimal) },
  roi: { words: "roi", of: (kpis) => signed(kpis.roi) },
  refundRate: { words: "refund_rate", of: quotient("refundRate", share) },
  averageOrderValue: { words: "average_order_value", of: amount("averageOrderValue") },
  cpa: { words: "cpa", of: amount("cpa") },
  costPerReach: { words: "cost_per_reach", of: amount("costPerReach") },
};

/** The name of a KPI as the API's enum writes it. */
export const metric = (key) => key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

const isWithheld = (kpis, key) => kpis.suppressed.includes(metric(key));

function people(key) {
  return (kpis) => (kpis[key] !== null ? count(kpis[key]) : isWithheld(kpis, key) ? withheld() : nothing(t("not_known")));
}

function plain(key, write) {
  return (kpis) => (kpis[key] === null ? (isWithheld(kpis, key) ? withheld() : nothing(t("not_known"))) : write(kpis[key]));
}

function quotient(key, write) {
  return (kpis) => {
    const told = kpis[key];
    if (told === null || told === undefined) return isWithheld(kpis, key) ? withheld() : nothing(t("not_known"));
    return told.value === null ? nothing(why(told)) : write(told.value);
  };
}

function amount(key) {
  return (kpis) => {
    const told = kpis[key];
    if (told === null || told === undefined) return isWithheld(kpis, key) ? withheld() : nothing(t("not_known"));
    return told.value === null ? nothing(why(told)) : money(told.value);
  };
}

function signed(told) {
  if (!told || told.value === null) return nothing(why(told));
  return el("span", { class: Number(told.value) < 0 ? "negative" : null }, share(told.value));
}

/** The interval under a number of sales, and that the data is low. */
export function certainty(estimate) {
  if (!estimate || estimate.low === null) return null;
  const low = estimate.isLowData ? el("span", { class: "badge warn", title: t("low_data_why") }, t("low_data")) : null;
  if (Number(estimate.low.amount) === Number(estimate.high.amount)) return low && el("span", { class: "small" }, low);
  const between = t("interval", { low: money(estimate.low, { short: true }), high: money(estimate.high, { short: true }) });
  return el("span", { class: "small" }, between, low ? [" ", low] : null);
}

/** Tiles of KPIs. */
export function tiles(kpis, keys, under = {}) {
  return el("dl", { class: "tiles" }, keys.map((key) =>
    el("div", { class: "card tile", "data-kpi": key }, el("dt", {}, t(KPIS[key].words)),
      el("dd", {}, KPIS[key].of(kpis), under[key] ? el("span", { class: "under" }, under[key]) : null))));
}

/** What a CSV holds of a KPI: the number itself, without signs of any language. */
export function bare(kpis, key) {
  const told = kpis[key];
  if (told === null || told === undefined) return "";
  if (typeof told !== "object") return told;
  if ("amount" in told) return told.amount;
  return told.value === null ? "" : typeof told.value === "object" ? told.value.amount : told.value;
}
