import { setAttr } from './dom.js';

// Tabs shows one of several panels: by a click, the arrow keys, Home and End.
export class Tabs {
  constructor(list, onShow) {
    this.tabs = [...list.querySelectorAll('[role=tab]')];
    this.onShow = onShow;
    list.addEventListener('click', (event) => {
      const tab = event.target.closest('[role=tab]');
      if (tab) this.show(tab);
    });
    list.addEventListener('keydown', (event) => {
      const i = this.tabs.indexOf(document.activeElement);
      const n = this.tabs.length;
      const to = { ArrowRight: (i + 1) % n, ArrowLeft: (i + n - 1) % n, Home: 0, End: n - 1 }[event.key];
      if (i < 0 || to === undefined) return;
      event.preventDefault();
      this.show(this.tabs[to]);
      this.tabs[to].focus();
    });
    this.selected = this.tabs[0];
  }

  show(selected) {
    this.selected = selected;
    for (const tab of this.tabs) {
      setAttr(tab, 'aria-selected', tab === selected);
      tab.tabIndex = tab === selected ? 0 : -1;
      document.getElementById(tab.getAttribute('aria-controls')).hidden = tab !== selected;
    }
    this.onShow(selected.id);
  }
}
