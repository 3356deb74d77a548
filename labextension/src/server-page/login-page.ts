/** Offer to log in by the link of this address. Only a click uses the link, since programs load addresses in advance, too. */
export function loginPage(): void {
  const show = (): void => {
    const token = location.hash.slice(1);
    const form = document.querySelector<HTMLFormElement>('#link-form');
    const input = form?.querySelector<HTMLInputElement>('[name=link]');
    if (token === '' || !form || !input) return;
    history.replaceState(null, '', location.pathname); // neither the history nor a screenshot has it
    input.value = token;
    form.hidden = false;
    document.querySelector<HTMLElement>('#key-form')!.hidden = true;
    requestAnimationFrame(() => form.querySelector('button')!.focus()); // after the browser's own choice, the hidden key
  };
  show();
  addEventListener('hashchange', show);
}
