// literal returns the longest part of a template that stands in each of its
// errors as it is, to search for.
export function literal(template) {
  const parts = template.split(/<n>|<id>|<s>/).map((p) => p.replace(/["'`]+$|^["'`]+/g, '').trim());
  return parts.reduce((a, b) => (b.length > a.length ? b : a), '').slice(0, 200);
}
