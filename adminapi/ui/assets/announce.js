import { count } from './format.js';

// Announcer tells a screen reader, politely and seldom, what others see move.
export class Announcer {
  #said = -Infinity;
  #timer = 0;
  #arrived = 0;
  #failed = 0;

  constructor(region, gap = 15e3) {
    Object.assign(this, { region, gap });
  }

  // say puts a message into the region: at once if it matters, else when the
  // last one is long enough ago; of several that wait, the last is said.
  say(text, soon = false) {
    clearTimeout(this.#timer);
    const wait = Math.max(0, this.#said + (soon ? 1e3 : this.gap) - performance.now());
    this.#timer = setTimeout(() => {
      this.#said = performance.now();
      this.region.textContent = text;
    }, wait);
  }

  // arrived counts actions, and tells of them if some failed.
  arrived(actions) {
    for (const a of actions) {
      this.#arrived++;
      if (a.status === 'failed') this.#failed++;
    }
    if (this.#failed === 0 || performance.now() - this.#said < this.gap) return;
    this.say(`${count(this.#failed)} of ${count(this.#arrived)} new actions failed`);
    this.#arrived = this.#failed = 0;
  }
}
