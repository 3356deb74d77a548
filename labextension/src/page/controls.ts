/** What makes the pages' plain controls quicker to use; without it they work, with one click more. */
export function wireControls(): void {
  document.addEventListener('change', (event) => {
    const target = event.target as HTMLElement;
    if (target.matches('[data-submit]')) (target as HTMLSelectElement).form?.requestSubmit();
  });
  document.addEventListener('input', (event) => {
    const box = event.target as HTMLInputElement;
    if (box.dataset.filter) filter(document.getElementById(box.dataset.filter), box.value);
  });
  document.addEventListener('click', (event) => {
    const target = event.target as HTMLElement;
    const fold = target.closest<HTMLElement>('[data-fold]');
    if (fold) toggle(fold);
    for (const menu of document.querySelectorAll<HTMLDetailsElement>('details.menu[open]')) if (!menu.contains(target)) menu.open = false;
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') closeMenus();
    if (event.key === '/' && !isTyping(event.target as HTMLElement)) focusSearch(event);
  });
}

/** Folded and opened groups, which a replaced table would forget. */
const folds = new Map<string, boolean>();

function toggle(button: HTMLElement): void {
  const open = button.getAttribute('aria-expanded') !== 'true';
  folds.set(button.dataset.fold!, open);
  setFold(button, open);
}

function setFold(button: HTMLElement, open: boolean): void {
  button.setAttribute('aria-expanded', String(open));
  document.getElementById(button.dataset.fold!)!.dataset.folded = open ? '' : 'yes';
}

/** Open and fold groups as they were. */
export function restoreFolds(): void {
  for (const button of document.querySelectorAll<HTMLElement>('[data-fold]')) {
    const open = folds.get(button.dataset.fold!);
    if (open !== undefined) setFold(button, open);
  }
}

function filter(list: HTMLElement | null, text: string): void {
  const wanted = text.trim().toLowerCase();
  for (const item of list?.querySelectorAll<HTMLElement>('label, tr') ?? []) {
    item.hidden = !item.textContent!.toLowerCase().includes(wanted);
  }
}

function closeMenus(): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>('details.menu[open]')) {
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    if (inside) menu.querySelector('summary')?.focus();
  }
}

function isTyping(target: HTMLElement): boolean {
  return target.matches('input:not([type="checkbox"]), textarea, select');
}

function focusSearch(event: KeyboardEvent): void {
  const box = document.querySelector<HTMLInputElement>('#q');
  if (box === null) return;
  event.preventDefault();
  box.select();
}
