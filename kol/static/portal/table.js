// Tables: sortable where asked, readable by everybody, and as a file.
import { el } from "./dom.js";
import { t } from "./frame.js";

/**
 * A table. Columns: {key, label, number, cell(row), sort}; `sort` {key, direction} is shown, and `onSort(key)`
 * is called where a column may be sorted by. The first column heads its row.
 */
export function table({ caption, columns, rows, sort, onSort, matrix = false }) {
  const head = columns.map((column) => {
    const isSorted = sort && sort.key === column.sort;
    const order = isSorted ? (sort.direction === "ASC" ? "ascending" : "descending") : null;
    const label = column.sort && onSort ? el("button", { type: "button", on: { click: () => onSort(column.sort) } }, column.label) : column.label;
    return el("th", { scope: "col", class: column.number ? "number" : null, "aria-sort": order, "data-key": column.sort }, label);
  });
  const body = rows.map((row) =>
    el("tr", {}, columns.map((column, place) =>
      place ? el("td", { class: column.number ? "number" : column.own?.(row) ? "own" : null }, column.cell(row)) : el("th", { scope: "row" }, column.cell(row)),
    )),
  );
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    el("table", { class: matrix ? "matrix" : null }, el("caption", { class: "hidden" }, caption), el("thead", {}, el("tr", {}, head)), el("tbody", {}, body)));
}

/** A cell of a CSV file: quoted, and what a spreadsheet would run stays text. */
export function field(value) {
  const text = value === null || value === undefined ? "" : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Give rows of cells to the reader as a CSV file. */
export function download(name, rows) {
  const text = rows.map((row) => row.map(field).join(",")).join("\r\n");
  const address = URL.createObjectURL(new Blob(["\ufeff", text, "\r\n"], { type: "text/csv;charset=utf-8" }));
  const link = el("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** A panel with a heading, tools beside it and what it holds. */
export function panel(id, title, { lead, tools } = {}, ...children) {
  return el("section", { class: "card panel", "aria-labelledby": id },
    el("div", { class: "panel-head" }, el("h2", { id }, title), tools ? el("div", { class: "row" }, tools) : null, lead ? el("p", { class: "lead" }, lead) : null), children);
}

/** A choice of a few. */
export function choice(id, label, options, value, onChange) {
  const made = el("select", { id, on: { change: (event) => onChange(event.target.value) } },
    options.map(([key, text]) => el("option", { value: key, selected: key === value }, text)));
  return el("div", { class: "field" }, el("label", { for: id }, label), made);
}

/** A date, empty when none is chosen. */
export function date(id, label, value, onChange) {
  return el("div", { class: "field" }, el("label", { for: id }, label),
    el("input", { id, type: "date", value, on: { change: (event) => onChange(event.target.value) } }));
}

/** What shows the table behind a chart, and hides it again. */
export function behind(makeTable) {
  const place = el("div", {});
  const button = el("button", { type: "button", "aria-expanded": "false" }, t("show_table"));
  button.addEventListener("click", () => {
    const isOpen = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!isOpen));
    button.textContent = t(isOpen ? "show_table" : "hide_table");
    place.replaceChildren(...(isOpen ? [] : [makeTable()]));
  });
  return { button, place };
}
