// shellQuote writes a text as one word of a POSIX shell.
export const shellQuote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

// curlOf writes the command that asks for one action.
export function curlOf(id, base) {
  return `curl ${shellQuote(new URL('search?id=' + encodeURIComponent(id), base).href)}`;
}

// copy puts a text on the clipboard, also where the page came over plain HTTP
// and the clipboard's own interface is not there.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'unseen';
    const before = document.activeElement;
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    before?.focus();
    return done;
  }
}
