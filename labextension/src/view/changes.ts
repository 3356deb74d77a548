import type { CodeChange } from '../wire/messages';
import { h } from './dom';

const KINDS: Record<string, string> = { '+': 'wnb-added', '-': 'wnb-removed', '@': 'wnb-gap' };
const WORDS: Record<string, string> = { '+': 'added', '-': 'removed' };

/** What two runs differ in, cell by cell or file by file. */
export function codeChanges(changes: CodeChange[], labels: string[]): HTMLElement {
  if (changes.length === 0) return h('p', { class: 'wnb-quiet' }, 'The code is the same, or was not kept.');
  return h('div', { class: 'wnb-changes' },
    h('p', { class: 'wnb-quiet' }, `− ${labels[0] ?? ''} · + ${labels[1] ?? ''}`),
    ...changes.map((one) => h('section', {}, h('h4', {}, `${one.title} `, h('span', { class: 'wnb-count' }, one.change)), block(one))));
}

function block({ title, lines }: CodeChange): HTMLElement {
  return h('pre', { class: 'wnb-code', tabindex: 0, role: 'region', 'aria-label': `Changes of ${title}` }, ...lines.map(line));
}

/** Colour is not all that tells added from removed: the sign stays, and is spoken. */
function line(text: string): HTMLElement {
  const sign = text.slice(0, 1);
  const spoken = WORDS[sign] ? h('span', { class: 'wnb-hidden' }, `${WORDS[sign]}: `) : null;
  return h('span', { class: `wnb-code-line ${KINDS[sign] ?? ''}` }, spoken, text === '' ? ' ' : text, '\n');
}
