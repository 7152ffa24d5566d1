// Before anything is drawn, so that no page flashes in the other theme.
(() => {
  const chosen = localStorage.getItem("portal-theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
})();
