// listenKeys calls what belongs to a key, unless something that has a use for
// the key itself has the focus.
export function listenKeys(keys) {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const { target, key } = event;
    if (document.querySelector('dialog:modal:not(#detail)')) return;
    if (target.closest('input, textarea, select')) return;
    if ((key === ' ' || key === 'Enter') && target.closest('button, summary, a')) return;
    const call = keys[key];
    if (!call) return;
    event.preventDefault();
    call();
  });
}
