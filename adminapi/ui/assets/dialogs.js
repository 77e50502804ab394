import { $, el } from './dom.js';
import { fields } from './filter.js';

// askClear asks before everything is forgotten, and then calls clear.
export function askClear(clear) {
  const dialog = $('clear-dialog');
  const wrong = dialog.querySelector('.wrong');
  wrong.textContent = '';
  dialog.querySelector('.danger').onclick = async () => {
    try {
      await clear();
      dialog.close();
    } catch (error) {
      wrong.textContent = error.message;
    }
  };
  dialog.showModal();
}

// askToken asks for a token until login takes one, and then calls done.
export function askToken(login, done) {
  const dialog = $('login-dialog');
  if (dialog.open) return;
  const input = $('token');
  const wrong = dialog.querySelector('.wrong');
  wrong.textContent = '';
  dialog.querySelector('form').onsubmit = async (event) => {
    event.preventDefault();
    try {
      await login(input.value);
      input.value = '';
      dialog.close();
      done();
    } catch (error) {
      wrong.textContent = error.message;
      input.select();
    }
  };
  dialog.showModal();
}

// showHelp tells the keys and the fields of a filter.
export function showHelp() {
  const list = $('fields');
  if (!list.firstChild) {
    for (const [name, what] of Object.entries(fields)) list.append(el('dt', {}, el('code', { text: name })), el('dd', { text: what }));
  }
  $('help-dialog').showModal();
}
