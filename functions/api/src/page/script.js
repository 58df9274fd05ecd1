(() => {
  'use strict';
  const HIDDEN_MS = 15000;
  const SLOWEST_MS = 30000;
  const ANSWER_WITHIN_MS = 20000;

  const live = document.getElementById('live');
  const trouble = document.getElementById('trouble');
  const dialog = document.querySelector('dialog');
  const own = document.documentElement.lang;
  const locale = navigator.languages.find((tag) => tag.split('-')[0] === own) || own;
  const format = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' });
  let failures = 0;
  let notCancelled = '';
  let busy = false;
  let timer;

  // What the server cannot know: the time zone, and that there is a script.
  const ready = (root) => {
    for (const time of root.querySelectorAll('time')) time.textContent = format.format(new Date(time.dateTime));
    for (const button of root.querySelectorAll('[data-cancel]')) button.hidden = false;
  };

  // Makes one tree like the other and touches only what differs, so that focus, scroll and a screen reader's place stay.
  const match = (here, there) => {
    if (here.nodeType !== there.nodeType || here.nodeName !== there.nodeName || here.id !== there.id) {
      here.replaceWith(there);
      return;
    }
    if (here.nodeType === Node.TEXT_NODE) {
      if (here.data !== there.data) here.data = there.data;
      return;
    }
    for (const { name } of [...here.attributes]) if (!there.hasAttribute(name)) here.removeAttribute(name);
    for (const { name, value } of there.attributes) {
      if (here.getAttribute(name) !== value) here.setAttribute(name, value);
    }
    const [before, after] = [[...here.childNodes], [...there.childNodes]];
    after.forEach((node, at) => (before[at] ? match(before[at], node) : here.append(node)));
    before.slice(after.length).forEach((node) => node.remove());
  };

  // A text that stays is not written again, or a screen reader would say it at every refresh.
  const tell = () => {
    const told = [notCancelled, failures > 1 ? trouble.dataset.outOfTouch : ''].filter(Boolean).join(' ');
    if (trouble.textContent !== told) trouble.textContent = told;
  };

  const show = (text) => {
    const page = new DOMParser().parseFromString(text, 'text/html');
    const main = page.getElementById('live');
    if (!main) return location.reload();
    ready(main);
    const focused = document.activeElement;
    match(live, main);
    document.title = page.title;
    if (!live.querySelector('[data-cancel]')) {
      notCancelled = '';
      dialog?.close();
    }
    if (focused && focused !== document.body && !focused.isConnected) live.focus({ preventScroll: true });
  };

  const ask = async (method) => {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const headers = { Accept: 'text/html' };
    const answer = await fetch(location.href, { method, headers, cache: 'no-store', redirect: 'manual', signal });
    if (answer.type === 'opaqueredirect') {
      // The front sends whoever is signed out elsewhere, where the policy lets a document go and no script.
      location.reload();
      return new Promise(() => {});
    }
    if (answer.status === 429 || answer.status >= 500) throw new Error('not now');
    return answer;
  };

  const look = async () => {
    if (busy) return;
    busy = true;
    clearTimeout(timer);
    try {
      const text = await (await ask('GET')).text();
      // Meanwhile the page may have given way to one that stays.
      if (live.dataset.refresh) show(text);
      failures = 0;
    } catch {
      failures += 1;
    }
    busy = false;
    tell();
    plan();
  };

  const plan = () => {
    const every = Number(live.dataset.refresh);
    if (!every) return;
    const wait = Math.min(every * 2 ** failures, SLOWEST_MS);
    timer = setTimeout(look, document.hidden ? Math.max(wait, HIDDEN_MS) : wait);
  };

  const cancel = async () => {
    dialog.close();
    notCancelled = '';
    tell();
    try {
      const answer = await ask('DELETE');
      if (answer.ok || answer.status === 409) return await look();
      const text = await answer.text();
      clearTimeout(timer);
      show(text);
      failures = 0;
    } catch {
      // Where there is nothing left to cancel, the trouble is over.
      if (live.querySelector('[data-cancel]')) notCancelled = trouble.dataset.cancelTrouble;
    }
    tell();
  };

  document.addEventListener('click', ({ target }) => {
    if (target.closest('[data-cancel]')) dialog.showModal();
    if (target.closest('[data-dismiss]')) dialog.close();
    if (target.closest('[data-confirm]')) cancel();
  });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && live.dataset.refresh) look();
  });
  ready(document);
  plan();
})();
