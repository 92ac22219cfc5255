/** What the pages do beyond links and forms: keys for judging, and the next answer without loading the page anew. */
export const js = `'use strict';
(() => {
  const main = document.getElementById('main');
  const status = document.createElement('p');
  status.className = 'hidden';
  status.setAttribute('role', 'status');
  document.body.append(status);
  const form = () => main.querySelector('form[data-judge]');
  const here = () => location.pathname + location.search;
  let busy = false;
  let shown = here();
  let latest = null;

  function keysAreOn() {
    try { return localStorage.getItem('keys') !== 'off'; } catch { return true; }
  }
  function prepare() {
    latest = null;
    for (const hint of main.querySelectorAll('[data-keys]')) hint.hidden = false;
    const choice = main.querySelector('[data-keys-switch]');
    if (choice === null) return;
    choice.checked = keysAreOn();
    choice.addEventListener('change', () => {
      try { localStorage.setItem('keys', choice.checked ? 'on' : 'off'); } catch {}
    });
  }

  async function show(address, body) {
    if (busy) return;
    busy = true;
    try {
      const response = await fetch(address, body === undefined ? {} : { method: 'POST', body });
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      const next = page.getElementById('main');
      if (next === null || next.querySelector('.sign-in') !== null) {
        location.assign(response.url);
        return;
      }
      main.className = next.className;
      main.replaceChildren(...next.childNodes);
      document.title = page.title;
      if (response.url !== location.href) history.pushState(null, '', response.url);
      shown = here();
      prepare();
      scrollTo(0, 0);
      const alert = main.querySelector('[role=alert]');
      main.focus({ preventScroll: true });
      status.textContent = alert === null ? (main.querySelector('[data-status]')?.textContent ?? '') : '';
    } catch {
      // The browser says best what is wrong.
      if (body === undefined) location.assign(address);
      else form()?.submit();
    } finally {
      busy = false;
    }
  }

  const isAnswered = (question) => question.dataset.touched !== undefined || question.querySelector(':checked') !== null
    || [...question.querySelectorAll('input[type=number]')].some((field) => field.value !== '');

  /** The question that a digit is for: the one in which the focus is, or the first that has no answer, or the latest. */
  function current() {
    const questions = [...form().querySelectorAll('fieldset')].filter((question) => question.dataset.question !== 'text');
    const focused = document.activeElement?.closest('fieldset');
    return questions.find((question) => question === focused) ?? questions.find((question) => !isAnswered(question)) ?? latest ?? questions[0];
  }

  function choose(key, event) {
    const question = current();
    if (question === undefined) return;
    if (question.dataset.question === 'number' && key !== 'c') {
      // The digit goes into the field.
      question.querySelector('input[type=number]').focus();
      return;
    }
    const choice = [...question.querySelectorAll('input[data-key]')].find((input) => input.dataset.key === key);
    if (choice === undefined) return;
    event.preventDefault();
    choice.click();
    question.dataset.touched = '';
    latest = question;
    if (question.dataset.question === 'several') {
      // Further digits are for this question too.
      if (key === 'c') document.activeElement.blur();
      else choice.focus();
    }
    current().scrollIntoView({ block: 'nearest' });
  }

  const isTyping = (element) => element instanceof HTMLTextAreaElement
    || (element instanceof HTMLInputElement && !['checkbox', 'radio'].includes(element.type)) || element instanceof HTMLSelectElement;

  document.addEventListener('keydown', (event) => {
    const { target, key } = event;
    if (event.defaultPrevented || event.altKey) return;
    if (target instanceof HTMLTextAreaElement && key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!event.repeat) form()?.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.repeat || !keysAreOn() || isTyping(target)) return;
    const pressed = key.length === 1 ? key.toLowerCase() : key;
    if (pressed === 'Enter') {
      if (form() === null || target.closest('a, button, summary') !== null) return;
      event.preventDefault();
      form().requestSubmit();
    } else if (form() !== null && /^[0-9c]$/.test(pressed)) {
      choose(pressed, event);
    } else if (/^[su]$/.test(pressed)) {
      const link = main.querySelector('a[data-key="' + pressed + '"]');
      if (link === null) return;
      event.preventDefault();
      link.click();
    }
  });
  document.addEventListener('submit', (event) => {
    if (event.target !== form()) return;
    event.preventDefault();
    void show(event.target.action, new URLSearchParams(new FormData(event.target)));
  });
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[data-key]');
    if (!link || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void show(link.href);
  });
  // "Cannot say" and a choice exclude each other, also if several may be chosen.
  document.addEventListener('change', (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || input.type !== 'checkbox' || !input.checked) return;
    const isCannot = input.value === 'null';
    for (const other of input.closest('fieldset')?.querySelectorAll('input') ?? []) {
      if (other === input || (other.value === 'null') === isCannot) continue;
      if (other.type === 'checkbox') other.checked = false;
      else if (isCannot) other.value = '';
    }
  });
  // A link to a place on this page, such as the one that skips to the content, leads here too.
  addEventListener('popstate', () => {
    if (here() !== shown) location.reload();
  });
  prepare();
})();
`;
