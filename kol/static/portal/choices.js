// What numbers of a campaign are asked by: the model, what counts as sales, the days.
import { el } from "./dom.js";
import { t } from "./frame.js";
import { choice, date } from "./table.js";

export const MODELS = ["FIRST", "LAST", "LINEAR", "POSITION", "TIME_DECAY", "SHAPLEY", "MARKOV", "CODE_FIRST"];
export const BASES = ["NET", "PAID", "PLACED"];
export const DEFAULTS = { model: "LAST", basis: "NET", from: "", to: "" };

/** The bar of choices; `change` is called with what is chosen anew. */
export function bar(values, change, ...more) {
  return el("form", { class: "card filters", "aria-label": t("model"), on: { submit: (event) => event.preventDefault() } },
    choice("model", t("model"), MODELS.map((one) => [one, t(`model_${one}`)]), values.model, (model) => change({ model })),
    choice("basis", t("basis"), BASES.map((one) => [one, t(`basis_${one}`)]), values.basis, (basis) => change({ basis })),
    date("from", t("from"), values.from, (from) => change({ from, to: values.to && from > values.to ? from : values.to })),
    date("to", t("to"), values.to, (to) => change({ to, from: to && to < values.from ? to : values.from })),
    values.from || values.to ? el("button", { type: "button", on: { click: () => change({ from: "", to: "" }) } }, t("whole_campaign")) : null,
    more);
}

const dayAfter = (text) => new Date(Date.parse(`${text}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);

/** The variables of a question: days are half-open, and somebody who chooses a last day means it too. */
export function variables({ model, basis, from, to }, campaign) {
  const whole = !from && !to;
  const period = whole ? null : { from: from || campaign?.startsOn, to: to ? dayAfter(to) : campaign?.endsOn };
  return { model, basis, period: period && period.from && period.to && period.from < period.to ? period : null };
}
