// Poll asks again and again while the page is visible: every period after an
// answer, and less often while there is none.
export class Poll {
  #timer = 0;
  #abort = null;
  #wanted = false;
  #failures = 0;

  // ask is given a signal and returns a promise; period is milliseconds, or a
  // function that returns them; onError hears of each failure.
  constructor(ask, period, onError) {
    this.ask = ask;
    this.period = typeof period === 'function' ? period : () => period;
    this.onError = onError;
    Poll.all.add(this);
  }

  static all = new Set();

  start() {
    this.#wanted = true;
    this.now();
  }

  stop() {
    this.#wanted = false;
    this.pause();
  }

  // now asks at once, and gives up what was asked before.
  now() {
    this.pause();
    if (!this.#wanted || document.hidden) return;
    const abort = (this.#abort = new AbortController());
    const again = (wait) => {
      if (this.#abort === abort) this.#timer = setTimeout(() => this.now(), wait);
    };
    this.ask(abort.signal).then(
      () => {
        this.#failures = 0;
        again(this.period());
      },
      (err) => {
        if (abort.signal.aborted) return;
        this.#failures++;
        this.onError(err);
        again(Math.max(this.period(), Math.min(30e3, 1e3 * 2 ** this.#failures), 1e3 * (err.retryAfter ?? 0)));
      },
    );
  }

  pause() {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = null;
  }
}
