import { sized } from './dom.js';
import { colour } from './theme.js';

// sparkLine draws values, oldest first, as a line with its area. null is a gap.
export function sparkLine(canvas, values, name = 'accent') {
  const { c, w, h } = sized(canvas);
  const max = Math.max(...values.map((v) => v ?? 0), 1e-9);
  const x = (i) => (values.length < 2 ? w : (i / (values.length - 1)) * (w - 2) + 1);
  const y = (v) => h - 1.5 - (v / max) * (h - 4);
  c.fillStyle = c.strokeStyle = colour(name);
  c.lineWidth = 1.5;
  c.lineJoin = 'round';
  for (let i = 0; i < values.length; ) {
    if (values[i] == null) {
      i++;
      continue;
    }
    const from = i;
    c.beginPath();
    for (; i < values.length && values[i] != null; i++) c.lineTo(x(i), y(values[i]));
    c.stroke();
    c.lineTo(x(i - 1), h);
    c.lineTo(x(from), h);
    c.globalAlpha = 0.14;
    c.fill();
    c.globalAlpha = 1;
  }
}

// sparkBars draws counts with what failed of them at the bottom, which is never
// too little to be seen.
export function sparkBars(canvas, points) {
  const { c, w, h } = sized(canvas);
  const max = Math.max(...points.map((p) => p.total), 1);
  const step = w / Math.max(points.length, 1);
  const bar = Math.max(1, step - 1);
  points.forEach((p, i) => {
    if (p.total === 0) return;
    const all = Math.max(1, (p.total / max) * h);
    const bad = p.failed ? Math.min(all, Math.max(2, (p.failed / max) * h)) : 0;
    c.fillStyle = colour('bar');
    c.fillRect(i * step, h - all, bar, all - bad);
    c.fillStyle = colour('fail');
    c.fillRect(i * step, h - bad, bar, bad);
  });
}
