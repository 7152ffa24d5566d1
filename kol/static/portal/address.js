// What is chosen on a page stands in its address: to be kept, sent on, and gone back to.
export function chosen(defaults) {
  const asked = new URLSearchParams(location.search);
  return Object.fromEntries(Object.entries(defaults).map(([key, value]) => [key, asked.get(key) ?? value]));
}

export function keep(values, defaults) {
  const kept = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) if (value && value !== defaults[key]) kept.set(key, value);
  const query = kept.toString();
  history.replaceState(null, "", query ? `?${query}` : location.pathname);
}
