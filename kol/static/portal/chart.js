// A course over days: a line, and behind it at most one column of bars, each with an axis of its own.
import uPlot from "./vendor/uplot.js";
import { el } from "./dom.js";
import { locale } from "./frame.js";

const HALF_A_DAY = 43_200;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const FONT = "12px system-ui, sans-serif";
/** How wide an axis has to be for the longest of its values. */
function wide(plot, values) {
  plot.ctx.font = FONT;
  return Math.ceil(Math.max(50, ...(values ?? []).map((one) => plot.ctx.measureText(one).width)) + 12);
}

/** Draw `days` (YYYY-MM-DD) and up to two series {label, values, format} into a new element. */
export function course({ label, days: told, series }) {
  const place = el("div", { class: "chart", role: "img", "aria-label": label });
  const days = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" });
  const times = told.map((text) => Date.parse(`${text}T00:00:00Z`) / 1000);
  let drawn = null;
  const draw = () => {
    if (!place.isConnected && drawn) return;
    drawn?.destroy();
    const width = Math.max(place.clientWidth, 240);
    const ink = colour("--soft");
    const line = colour("--line");
    const axis = (given) => ({ stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: FONT, ...given });
    drawn = new uPlot(
      {
        width,
        height: 260,
        legend: { show: false },
        cursor: { points: { size: 7 } },
        padding: [12, series.length > 1 ? 4 : 14, 0, 4],
        // Days are days wherever the reader is.
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
        scales: { x: { time: true, range: (_, first, last) => [first - HALF_A_DAY, last + HALF_A_DAY] }, a: { range: (_, __, most) => [0, most || 1] }, b: { range: (_, __, most) => [0, most || 1] } },
        axes: [
          axis({ values: (_, splits) => splits.map((one) => days.format(one * 1000)), grid: { show: false }, space: 70 }),
          ...series.map((one, place) => axis({ scale: place ? "b" : "a", side: place ? 1 : 3, size: wide, grid: place ? { show: false } : { stroke: line, width: 1 }, values: (_, splits) => splits.map(one.format) })),
        ],
        series: [
          {},
          ...series.map((one, place) => ({ label: one.label, scale: place ? "b" : "a", stroke: colour(`--series-${place + 1}`), spanGaps: false,
            // Days without sessions have no people: bars say so, where a line would end.
            ...(place ? { fill: `${colour("--series-2")}55`, width: 1, points: { show: false }, paths: uPlot.paths.bars({ size: [0.6, 24] }) } : { width: 2, points: { show: times.length < 45, size: 5 } }) })),
        ],
      },
      [times, ...series.map((one) => one.values)],
      place,
    );
  };
  new ResizeObserver(() => {
    if (place.isConnected && (!drawn || Math.abs(drawn.width - place.clientWidth) > 1)) draw();
  }).observe(place);
  addEventListener("themechange", () => place.isConnected && draw());
  return place;
}
