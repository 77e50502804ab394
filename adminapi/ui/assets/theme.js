// The theme is the system's until the viewer chooses one, which the browser
// then remembers.
const key = 'actionlog-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');
const listeners = [];
let cache = {};

function stored() {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is switched off
  }
}

function apply(name) {
  if (name === 'dark' || name === 'light') document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
  changed();
}

function changed() {
  cache = {};
  for (const f of listeners) f();
}

// startTheme applies what is remembered.
export function startTheme() {
  apply(stored());
  dark.addEventListener('change', changed);
}

// isDark reports which theme is shown.
export const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? 'dark' : 'light')) === 'dark';

// toggleTheme shows the other theme.
export function toggleTheme() {
  const name = isDark() ? 'light' : 'dark';
  try {
    localStorage.setItem(key, name);
  } catch {
    // It holds until the page is left.
  }
  apply(name);
}

// onTheme calls f whenever colours have changed.
export const onTheme = (f) => listeners.push(f);

// colour returns what a custom property of the style sheet is now, for canvases.
export function colour(name) {
  if (cache[name]) return cache[name];
  const probe = document.getElementById('probe');
  probe.style.color = `var(--${name})`;
  return (cache[name] = getComputedStyle(probe).color);
}
