import type { CodeChange } from '../../wire/messages';
import { h } from '../dom';

const KINDS: Record<string, string> = { '+': 'wnb-added', '-': 'wnb-removed', '@': 'wnb-gap' };
const SPOKEN: Record<string, string> = { '+': 'added', '-': 'removed' };

/** The code changes between two runs, by cell or file. */
export function codeChanges(changes: CodeChange[], labels: string[]): HTMLElement {
  if (changes.length === 0) return h('p', { class: 'wnb-quiet' }, 'The code is identical, or was not saved.');
  return h('div', { class: 'wnb-changes' },
    h('p', { class: 'wnb-quiet' }, `− ${labels[0] ?? ''} · + ${labels[1] ?? ''}`),
    ...changes.map((one) => h('section', {}, h('h4', {}, `${one.title} `, h('span', { class: 'wnb-count' }, one.change)), block(one))));
}

function block({ title, lines }: CodeChange): HTMLElement {
  return h('pre', { class: 'wnb-code', tabindex: 0, role: 'region', 'aria-label': `Changes of ${title}` }, ...lines.map(line));
}

/** Colour alone must not distinguish added from removed lines: the sign is visible, and spoken. */
function line(text: string): HTMLElement {
  const sign = text.slice(0, 1);
  const spoken = SPOKEN[sign] ? h('span', { class: 'wnb-hidden' }, `${SPOKEN[sign]}: `) : null;
  return h('span', { class: `wnb-code-line ${KINDS[sign] ?? ''}` }, spoken, text === '' ? ' ' : text, '\n');
}
