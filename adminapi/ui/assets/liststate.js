import { $, setAttr, setHidden, setText } from './dom.js';
import { live } from './filter.js';
import { age, count } from './format.js';
import { painter } from './frame.js';

// ListState tells beside the list whether what arrives is shown, and instead of
// the list why it is empty and what to do.
export class ListState {
  constructor({ view, list, rows, tail, retry }) {
    Object.assign(this, { view, list, rows, tail, retry });
    this.soon = painter(() => this.show(), () => 500);
  }

  show() {
    const { list, rows, tail } = this;
    const tails = live(this.view.query);
    const button = $('live');
    button.disabled = !tails || tail.state === 'failed';
    setAttr(button, 'aria-pressed', !button.disabled && !list.paused);
    setText(button, list.paused ? 'Paused' : 'Live');
    const missed = tail.missed > 0 ? `${count(tail.missed)} missed` : '';
    setText($('state'), [this.#words(), missed].filter(Boolean).join(' · '));
    setAttr($('state'), 'data-stream', tails ? tail.stream : 'off');
    const waiting = $('waiting');
    setHidden(waiting, !(list.held && rows.waiting > 0));
    if (!waiting.hidden) setText(waiting, `${count(rows.waiting)} new ↑`);
    this.#showEmpty();
  }

  #words() {
    const { state, stream, detail } = this.tail;
    const { query } = this.view;
    if (state === 'loading') return 'loading…';
    if (query.to) return 'a fixed range, not live';
    if (query.id) return 'one action';
    if (!live(query)) return 'sorted, not live';
    switch (stream) {
      case 'open': return this.list.held && !this.list.paused ? 'held while you look' : '';
      case 'connecting': return 'connecting…';
      case 'waiting': return `reconnecting in ${age(detail.retryIn ?? 0)}`;
      case 'denied': return 'not allowed';
      case 'closed': return detail.error?.message ?? 'ended';
      default: return 'stopped';
    }
  }

  #showEmpty() {
    const { state, error } = this.tail;
    const box = $('empty');
    setHidden(box, state !== 'failed' && this.rows.length + this.rows.waiting > 0);
    if (box.hidden) return;
    const filtered = Object.keys(this.view.query).length > 0;
    let text = 'Loading…';
    let way = '';
    if (state === 'failed') [text, way] = [error.message, 'Try again'];
    else if (state === 'ready' && filtered) [text, way] = ['No action that is held in memory matches the filter. Older ones may be in an archive.', 'Remove the filter'];
    else if (state === 'ready') text = 'No action was recorded yet. They appear here as they end.';
    const [p, button] = box.children;
    setText(p, text);
    setText(button, way);
    setHidden(button, way === '');
    button.onclick = () => (state === 'failed' ? this.retry() : this.view.filter({}));
  }
}
