// Statements: what is due and what was paid, each to be taken away as a file.
import { ask, Failure } from "./api.js";
import { el, fill } from "./dom.js";
import { day, money, nothing } from "./format.js";
import { t } from "./frame.js";
import { failed } from "./states.js";
import { table } from "./table.js";

const FORMATS = ["CSV", "XLSX", "PDF"];
const BADGES = { PAID: "badge good", LOCKED: "badge good", APPROVED: "badge", ESTIMATED: "badge warn" };
const lastDay = (text) => new Date(Date.parse(`${text}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);

const address = (one) => el("a", { href: one.url, download: one.name }, one.name);

/** One file comes by itself; several stand as links, as a browser lets a page give one at a time. */
async function take(statement, format, button, place) {
  const text = button.textContent;
  button.disabled = true;
  button.textContent = t("preparing");
  fill(place);
  try {
    const { exportStatement: told } = await ask("statementFile", { id: statement.id, format });
    if (!told.files.length) throw new Failure("absent");
    if (told.files.length > 1) {
      fill(place, el("ul", { class: "files" }, told.files.map((one) => el("li", {}, address(one)))));
    } else {
      const link = address(told.files[0]);
      place.append(link);
      link.click();
      link.remove();
    }
  } catch (error) {
    fill(place, failed(error, () => take(statement, format, button, place)));
  } finally {
    button.disabled = false;
    button.textContent = text;
  }
}

/** A table of statements, the latest first; `kols` has the name of each collaboration's KOL. */
export function statements(rows, kols) {
  const all = rows.map((row) => ({ ...row, kol: kols.get(row.collaborationId) ?? "" }));
  all.sort((a, b) => b.startsOn.localeCompare(a.startsOn) || a.kol.localeCompare(b.kol));
  if (!all.length) return el("p", { class: "quiet-text" }, t("no_statements"));
  return table({ caption: t("statements"), rows: all, columns: [
    { label: t("kol"), cell: (row) => row.kol },
    { label: t("period"), cell: (row) => el("span", { class: "nowrap" }, `${day(row.startsOn)} – ${day(lastDay(row.endsOn))}`) },
    { label: t("status"), cell: (row) => el("span", { class: BADGES[row.status] }, t(`status_${row.status}`)) },
    { label: t("total"), number: true, cell: (row) => (row.total ? money(row.total) : nothing(t("not_known"))) },
    { label: t("file"), cell: (row) => {
      const place = el("div", { "aria-live": "polite" });
      return [el("div", { class: "row" }, FORMATS.map((format) => {
        const button = el("button", { type: "button", "aria-label": `${format}: ${row.kol}, ${day(row.startsOn)}`, on: { click: () => take(row, format, button, place) } }, format);
        return button;
      })), place];
    } },
  ] });
}
