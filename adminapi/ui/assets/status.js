import { $, setHidden, setText } from './dom.js';
import { age, clock } from './format.js';

// Status tells in a banner what stands in the way: no connection, no token, no
// permission. It is quiet while all is well.
export class Status {
  #since = 0; // when the server was first not reached
  #denied = null;
  #retryAt = 0;
  #timer = 0;

  constructor({ retry, login }) {
    Object.assign(this, { login, banner: $('banner') });
    this.button = this.banner.querySelector('button');
    this.button.addEventListener('click', () => (this.#denied?.status === 401 ? login() : retry()));
  }

  reset() {
    this.#denied = null;
    this.#since = 0;
    this.#show();
  }

  // answered is told that the server answers.
  answered() {
    if (this.#since || this.#denied) this.reset();
  }

  failed(error) {
    if (error.status === 404) return; // a store that cannot do this one thing
    if (error.status === 401 || error.status === 403) {
      const first = !this.#denied;
      this.#denied = error;
      if (first && error.status === 401) this.login();
    } else {
      this.#since ||= Date.now();
      this.error = error;
    }
    this.#show();
  }

  // stream is told how the stream of actions is doing.
  stream({ stream, detail }) {
    if (stream === 'waiting') {
      this.#retryAt = Date.now() + detail.retryIn;
      if (detail.attempt > 1) this.failed(detail.error);
    } else if (stream === 'denied') {
      this.failed(detail.error);
    } else if (stream === 'open') {
      this.answered();
    }
  }

  #show() {
    clearTimeout(this.#timer);
    const denied = this.#denied;
    setHidden(this.banner, !denied && !this.#since);
    if (this.banner.hidden) return;
    let text;
    if (denied?.status === 401) text = 'This server asks who you are. Log in to see what it has recorded.';
    else if (denied) text = `The server lets nobody see this from here: ${denied.message}. Ask its operator, or open it from an address that is let in.`;
    else {
      const wait = this.#retryAt - Date.now();
      text = `${this.error.message}. What you see is from ${clock(this.#since)}, ${age(Date.now() - this.#since)} ago.` + (wait > 0 ? ` The next try is in ${age(wait)}.` : '');
      this.#timer = setTimeout(() => this.#show(), 1000);
    }
    setText(this.banner.firstElementChild, text);
    setText(this.button, denied?.status === 401 ? 'Log in' : 'Try now');
    this.banner.dataset.kind = denied ? 'denied' : 'lost';
  }
}
