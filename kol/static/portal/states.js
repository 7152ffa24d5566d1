// What a part of a page shows while it waits, when there is nothing, and when something went wrong.
import { Failure } from "./api.js";
import { el, fill } from "./dom.js";
import { announce, t } from "./frame.js";

export const loading = () => el("p", { class: "loading", role: "status" }, t("loading"));

export const empty = (title, text) => el("div", { class: "state" }, el("h2", {}, title), text ? el("p", {}, text) : null);

const TEXTS = { "signed-out": "signed_out", "too-many": "too_many", refused: "refused", absent: "absent", broken: "broken" };

/** What went wrong, and what to do next. */
export function failed(failure, again, heading = "h2") {
  if (!(failure instanceof Failure)) {
    // Not the server's fault but ours: it is to be found, and the reader is not to wait for ever.
    console.error(failure);
    return failed(new Failure("broken"), again, heading);
  }
  const key = TEXTS[failure.kind];
  const next =
    failure.kind === "signed-out"
      ? el("a", { class: "button", href: `/portal/sign-in/?next=${encodeURIComponent(location.pathname + location.search)}` }, t("sign_in"))
      : failure.kind === "refused" || failure.kind === "absent"
        ? el("a", { class: "button", href: "/portal/" }, t("to_campaigns"))
        : el("button", { type: "button", on: { click: again } }, t("try_again"));
  return el("div", { class: "state", role: "alert" }, el(heading, {}, t(`${key}_title`)), el("p", {}, t(`${key}_text`, { seconds: failure.seconds })), next);
}

const turns = new WeakMap();

/** Show what `make` makes of an answer; meanwhile that it loads, afterwards what went wrong, if anything did. */
export async function shown(place, answer, make) {
  const turn = {};
  turns.set(place, turn);
  place.setAttribute("aria-busy", "true");
  if (!place.childElementCount) fill(place, loading());
  const again = () => shown(place, answer, make);
  try {
    const told = await answer();
    fill(place, make(told));
    announce(t("updated"));
  } catch (error) {
    if (error.name === "AbortError") return;
    fill(place, failed(error, again));
  } finally {
    // What was given up for something newer does not end its waiting.
    if (turns.get(place) === turn) place.removeAttribute("aria-busy");
  }
}
