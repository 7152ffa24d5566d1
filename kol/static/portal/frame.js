// What every page has: its setup, its words, the switch of themes, the choice of a language.
export const setup = JSON.parse(document.getElementById("setup").textContent);

// Years are those of files and of what is chosen: a Thai calendar beside them would be another number.
const LOCALES = { en: "en-GB", th: "th-u-ca-gregory" };
export const locale = LOCALES[setup.language] ?? setup.language;

/** The words of a key in the page's language; `{name}` is replaced by what is given. */
export function t(key, given = {}) {
  const text = setup.words[key];
  if (text === undefined) throw new Error(`no words for ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => String(given[name] ?? ""));
}

/** Tell somebody who listens to the page what has changed on it. */
export function announce(text) {
  document.getElementById("announce").textContent = text;
}

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

document.documentElement.classList.add("scripted");
const themeButton = document.getElementById("theme");
themeButton.setAttribute("aria-pressed", String(isDark()));
themeButton.addEventListener("click", () => {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("portal-theme", theme);
  themeButton.setAttribute("aria-pressed", String(theme === "dark"));
  dispatchEvent(new Event("themechange"));
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dispatchEvent(new Event("themechange")));
document.getElementById("language").addEventListener("change", (event) => event.target.form.requestSubmit());
