/** Make the plain controls of the pages quicker to use; without this they work, but need more clicks. */
export function enhanceControls(): void {
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
    if (fold) toggleGroup(fold);
    for (const menu of document.querySelectorAll<HTMLDetailsElement>('details.menu[open]')) if (!menu.contains(target)) menu.open = false;
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') closeMenus();
    if (event.key === '/' && !isTyping(event.target as HTMLElement)) focusSearch(event);
  });
}

/** Which groups are open, to restore after the table was replaced. */
const openGroups = new Map<string, boolean>();

function toggleGroup(button: HTMLElement): void {
  const open = button.getAttribute('aria-expanded') !== 'true';
  openGroups.set(button.dataset.fold!, open);
  setOpen(button, open);
}

function setOpen(button: HTMLElement, open: boolean): void {
  button.setAttribute('aria-expanded', String(open));
  document.getElementById(button.dataset.fold!)!.dataset.folded = open ? '' : 'yes';
}

/** Restore which groups are open. */
export function restoreGroups(): void {
  for (const button of document.querySelectorAll<HTMLElement>('[data-fold]')) {
    const open = openGroups.get(button.dataset.fold!);
    if (open !== undefined) setOpen(button, open);
  }
}

function filter(list: HTMLElement | null, text: string): void {
  const query = text.trim().toLowerCase();
  for (const item of list?.querySelectorAll<HTMLElement>('label, tr') ?? []) {
    item.hidden = !item.textContent!.toLowerCase().includes(query);
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
