// failingSince finds how long the failing that goes on now has been going on.
// points are the steps of a time series, each {time, total, failed}; step is
// their length in milliseconds.
//
// Failing is one run as long as its gaps are no longer than chance allows:
// where a share p of the actions fails, n of them go well one after another
// with the probability (1-p)^n, so a stretch of more than 5/p that went well
// (less than one in a hundred), and that lasted half a minute, ends it.
//
// It returns null where nothing has failed, else {since, last, ongoing, open,
// total, failed}: the steps in which the run begins and ends, whether it goes
// on now, whether nothing shows that all was well before it, and what was
// counted in it.
export function failingSince(points, step, now) {
  const times = points.map((p) => Date.parse(p.time));
  const end = points.findLastIndex((p) => p.failed > 0);
  if (end < 0) return null;
  const run = { since: times[end], last: times[end], open: true, total: 0, failed: 0 };
  let well = 0; // actions that went well since the earliest failure found so far
  let total = 0; // actions of the run, those included
  let first = end;
  for (let i = end; i >= 0; i--) {
    const p = points[i];
    if (p.failed > 0) {
      total += well + p.total;
      well = 0;
      first = i;
      run.total = total;
      run.failed += p.failed;
      continue;
    }
    well += p.total;
    if (healthy(well, times[first] - times[i], run)) {
      run.open = false;
      break;
    }
  }
  run.since = times[first];
  let after = 0;
  for (let i = end + 1; i < points.length; i++) after += points[i].total;
  run.ongoing = !healthy(after, now - times[end] - step, run) && now - times[end] < 15 * 60e3 + step;
  return run;
}

const healthy = (well, lasted, run) => lasted >= 30e3 && (well * run.failed) / run.total > 5;

// sum adds up the counts of points from a moment on.
export function sum(points, from = -Infinity) {
  let total = 0;
  let failed = 0;
  for (const p of points) {
    if (Date.parse(p.time) >= from) {
      total += p.total;
      failed += p.failed;
    }
  }
  return { total, failed };
}

// lastPoints returns n steps that end with the present one, with empty ones
// where there was no action.
export function lastPoints(points, step, n, now) {
  const end = Math.floor(now / step) * step;
  const byTime = new Map(points.map((p) => [Date.parse(p.time), p]));
  return Array.from({ length: n }, (_, i) => byTime.get(end - (n - 1 - i) * step) ?? { total: 0, failed: 0 });
}
