// Numbers, money, shares and days as the reader's language writes them. Counts and amounts come as strings.
import { locale, t } from "./frame.js";
import { el } from "./dom.js";

const counts = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const ratios = new Intl.NumberFormat(locale, { maximumFractionDigits: 2, minimumFractionDigits: 2 });
const shares = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
const days = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
const moments = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const monies = new Map();

export const count = (value) => counts.format(BigInt(value));
export const decimal = (value) => ratios.format(Number(value));
export const share = (value) => shares.format(Number(value));
export const day = (text) => days.format(new Date(`${text}T00:00:00Z`));
/** The local day, YYYY-MM-DD, that begins at a moment. */
export function dayIn(text, timeZone) {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(new Date(text));
  const of = (type) => parts.find((one) => one.type === type).value;
  return `${of("year")}-${of("month")}-${of("day")}`;
}
export const moment = (text) => moments.format(new Date(text));

/** An amount behind its code: what the symbol $ stands for depends on who reads it. */
export function money({ amount, currency }, { short = false } = {}) {
  const key = `${currency}${short}`;
  if (!monies.has(key)) {
    const digits = short ? { maximumFractionDigits: 0 } : {};
    monies.set(key, new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "code", ...digits }));
  }
  return monies.get(key).format(amount);
}

/** A dash that says why there is nothing. */
export const nothing = (why) => el("span", { class: "unknown", title: why }, "–", el("span", { class: "hidden" }, ` ${why}`));

/** What is not told, as it is about too few people, or would tell of so few. */
export const withheld = () => el("span", { class: "unknown", title: t("withheld_why") }, t("withheld"), el("span", { class: "hidden" }, ` ${t("withheld_why")}`));
