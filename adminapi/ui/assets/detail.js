import * as api from '../client.js';
import { now } from './clock.js';
import { copy, curlOf } from './curl.js';
import { el } from './dom.js';
import { repeatable } from './filter.js';
import { age, count, millis, moment, utc } from './format.js';
import { stampOf, timeOf } from './line.js';
import { codeOf, labelOf, msOf, outcomeOf } from './outcome.js';
import { literal } from './template.js';

const wide = matchMedia('(min-width: 1100px)');

// Detail shows one action: all that is known of it, and what belongs to it.
export class Detail {
  #abort = new AbortController();
  #before = null; // what had the focus

  constructor(dialog, view, { find, say, onError }) {
    Object.assign(this, { dialog, view, find, say, onError });
    this.title = dialog.querySelector('h2');
    this.content = dialog.querySelector('.content');
    dialog.querySelector('.close').addEventListener('click', () => view.show(null));
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      view.show(null);
    });
    view.addEventListener('open', () => this.update());
  }

  // update shows the action that the view has opened.
  async update() {
    this.#abort.abort();
    const id = this.view.open;
    if (id === null) {
      if (this.dialog.open) this.dialog.close();
      this.#before?.focus();
      this.#before = null;
      return;
    }
    const { signal } = (this.#abort = new AbortController());
    if (!this.dialog.open) {
      this.#before = document.activeElement === document.body ? document.getElementById('list') : document.activeElement;
      if (wide.matches) this.dialog.show();
      else this.dialog.showModal();
      this.title.focus();
    }
    let action = this.find(id);
    try {
      if (!action) {
        this.#state('Loading…');
        [action] = (await api.search({ id }, { signal })).actions;
      }
      if (action) this.#show(action, signal);
      else this.#state('This action is no longer held in memory. An archive may still have it; its id is ', el('code', { text: id }));
    } catch (error) {
      if (signal.aborted) return;
      this.#state(error.message);
      this.onError(error);
    }
  }

  #state(...kids) {
    this.title.textContent = 'Action';
    this.content.replaceChildren(el('p', { class: 'empty' }, ...kids));
  }

  #show(action, signal) {
    const { service, action: name, id } = action;
    this.title.replaceChildren(
      el('span', { class: 'mark', 'data-outcome': outcomeOf(action), 'aria-hidden': 'true' }),
      el('span', { class: 'service', text: service }), ' ', el('span', { class: 'action', text: name }));
    const json = el('details', {}, el('summary', { text: 'JSON' }), el('pre', { text: JSON.stringify(action, null, 2) }));
    const related = el('div');
    this.content.replaceChildren(
      ...(action.error ? [el('pre', { class: 'error-text', text: action.error })] : []),
      el('div', { class: 'buttons' },
        this.#copyButton('Copy as JSON', () => JSON.stringify(action, null, 2)),
        this.#copyButton('Copy as curl', () => curlOf(id, document.baseURI)),
        this.#copyButton('Copy link', () => location.href)),
      this.#fields(action), related, json);
    this.content.scrollTop = 0;
    this.#related(action, related, signal).catch((error) => {
      if (!signal.aborted) this.onError(error);
    });
  }

  // #filter shows other actions in the list, which on a phone is behind this.
  #filter(query) {
    if (!wide.matches) this.view.show(null);
    this.view.filter(query);
  }

  #copyButton(text, make) {
    const button = el('button', { type: 'button', text });
    button.addEventListener('click', async () => {
      const done = await copy(make());
      button.textContent = done ? 'Copied' : 'Not allowed to copy';
      this.say(button.textContent, true);
      setTimeout(() => (button.textContent = text), 1500);
    });
    return button;
  }

  #fields(action) {
    const { http = {}, timestamp } = action;
    const list = el('dl', { class: 'fields' });
    const row = (name, ...kids) => list.append(el('div', {}, el('dt', { text: name }), el('dd', {}, ...kids)));
    const filter = (name, field, value, text = String(value)) => {
      if (value == null || value === '') return;
      row(name, el('button', { type: 'button', class: 'link', text, title: 'Show all of these', on: { click: () => this.#filter({ [field]: repeatable(field) ? [value] : String(value) }) } }));
    };
    const plain = (name, value) => value != null && value !== '' && row(name, String(value));
    row('Ended', timeOf(timestamp, moment(timestamp, now(), true)), el('span', { class: 'quiet', text: `${age(now() - Date.parse(timestamp))} ago` }), el('div', { class: 'quiet', text: utc(timestamp) }));
    row('Outcome', labelOf(action));
    row('Duration', millis(msOf(action)), action.durationNs == null ? null : el('span', { class: 'quiet', text: `${count(action.durationNs)} ns` }));
    filter('Service', 'service', action.service);
    filter('Action', 'action', action.action);
    plain('Method', http.method);
    plain('Route', http.route);
    plain('Path', http.path);
    filter('Code', 'code', codeOf(action));
    if (http.bytes != null) plain('Body sent', `${count(http.bytes)} bytes`);
    plain('Remote', http.remote);
    filter('Request id', 'request_id', http.requestId);
    filter('Trace id', 'trace_id', action.traceId);
    plain('Span id', action.spanId);
    filter('Instance', 'instance', action.instance);
    plain('Id', action.id);
    for (const [key, value] of Object.entries(action.attrs ?? {})) plain(key, value);
    return list;
  }

  // #related adds the actions of the same request and trace, and others that
  // failed with the same error.
  async #related(action, box, signal) {
    const sets = [['Same request', { request_id: action.http?.requestId }], ['Same trace', { trace_id: action.traceId }]];
    for (const [title, query] of sets) {
      if (!Object.values(query)[0]) continue;
      const { actions } = await api.search({ ...query, limit: 20 }, { signal });
      this.#neighbours(box, title, actions.filter((a) => a.id !== action.id), query);
    }
    if (action.status !== 'failed') return;
    const [own] = await api.errors({ id: action.id }, { signal });
    if (!own) return;
    const query = { status: 'failed', service: [action.service] };
    const text = literal(own.template);
    if (text) query.q = text;
    const [groups, { actions }] = await Promise.all([api.errors(query, { signal }), api.search({ ...query, limit: 8 }, { signal })]);
    const all = groups.find((g) => g.template === own.template) ?? own;
    const note = `${count(all.count)} times held, first ${moment(all.first, now())}, last ${moment(all.last, now())}`;
    this.#neighbours(box, 'Same error', actions.filter((a) => a.id !== action.id), query, note);
  }

  #neighbours(box, title, actions, query, note = '') {
    const rows = actions.map((a) => el('li', {}, el('button', { type: 'button', on: { click: () => this.view.show(a.id) } },
      el('span', { class: 'mark', 'data-outcome': outcomeOf(a), 'aria-hidden': 'true' }), timeOf(a.timestamp, stampOf(a.timestamp)),
      el('span', { class: 'name', text: `${a.service} ${a.action}` }), el('span', { class: 'number', text: millis(msOf(a)) }))));
    box.append(el('section', { class: 'neighbours' }, el('h3', { text: title }), el('p', { class: 'quiet', text: note || (rows.length ? '' : 'No other action.') }), el('ul', {}, ...rows),
      rows.length > 0 && el('button', { type: 'button', class: 'link', text: 'Show all in the list', on: { click: () => this.#filter(query) } })));
  }
}
