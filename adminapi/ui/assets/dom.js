// el makes an element. What it is given is text or an element and never
// markup: nothing on this page parses a string as HTML.
export function el(name, props = {}, ...kids) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value == null || value === false) continue;
    if (key === 'class') e.className = value;
    else if (key === 'text') e.textContent = value;
    else if (key === 'on') for (const [type, f] of Object.entries(value)) e.addEventListener(type, f);
    else e.setAttribute(key, value === true ? '' : value);
  }
  e.append(...kids.filter((kid) => kid != null && kid !== false));
  return e;
}

// $ returns the element with an id.
export const $ = (id) => document.getElementById(id);

// setText changes a text only where it differs, which is what costs.
export function setText(e, text) {
  if (e.textContent !== text) e.textContent = text;
}

// setAttr sets an attribute, or removes it where value is null.
export function setAttr(e, name, value) {
  if (value == null) e.removeAttribute(name);
  else if (e.getAttribute(name) !== String(value)) e.setAttribute(name, value);
}

// setHidden hides an element or shows it. Setting what is set already would make
// the browser compute styles anew.
export function setHidden(e, hidden) {
  if (e.hidden !== hidden) e.hidden = hidden;
}

// sized makes a canvas as sharp as the screen, and returns its context, width
// and height in CSS pixels. It clears it.
export function sized(canvas) {
  const w = canvas.clientWidth;
  const h = canvas.clientHeight;
  const ratio = Math.min(devicePixelRatio || 1, 3);
  const pw = Math.round(w * ratio);
  const ph = Math.round(h * ratio);
  if (canvas.width !== pw || canvas.height !== ph) Object.assign(canvas, { width: pw, height: ph });
  const c = canvas.getContext('2d');
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, w, h);
  return { c, w, h };
}

// sync makes the children of parent those of items, in their order, and keeps
// the elements of keys that stay, with the focus that one of them may have.
// Each element has its item as .item; show(element, item) fills it in.
export function sync(parent, items, keyOf, make, show) {
  const old = parent.keyed ?? new Map();
  const focused = document.activeElement;
  const next = (parent.keyed = new Map());
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    if (next.has(key)) continue;
    const e = old.get(key) ?? make();
    old.delete(key);
    next.set(key, e);
    if (e === place) place = e.nextElementSibling;
    else parent.insertBefore(e, place);
    e.item = item;
    show(e, item);
  }
  for (const e of old.values()) e.remove();
  if (focused !== document.activeElement && parent.contains(focused)) focused.focus({ preventScroll: true });
}
