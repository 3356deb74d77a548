import { formatNumber } from '../../model/format';
import { magicOf, pageOf } from '../../model/point-versions';
import type { RunInfo, VersionInfo } from '../../wire/messages';
import { h, setText } from '../dom';

/** The artifacts that a run had logged at a step: each with a link to its page, or with the magic that shows it. */
export function versionList(run: RunInfo | null, versions: readonly VersionInfo[], step: number): HTMLElement {
  return h('ul', { class: 'wnb-versions', 'aria-label': `Artifacts logged up to step ${formatNumber(step)}` }, ...versions.map((version) => versionItem(run, version)));
}

function versionItem(run: RunInfo | null, version: VersionInfo): HTMLElement {
  const page = pageOf(version);
  const magic = page === null ? magicOf(version, run) : null;
  const when = version.step === null ? 'before the first step' : `step ${formatNumber(version.step)}`;
  return h('li', {},
    page === null ? h('strong', {}, version.name) : h('a', { class: 'wnb-link', href: page }, version.name),
    h('span', { class: 'wnb-cell-facts' }, `${version.type} · ${when}`),
    ...(magic === null ? [] : copyable(magic)));
}

/** A text with a button that copies it; where a page may not write to the clipboard, the button selects the text. */
function copyable(text: string): HTMLElement[] {
  const code = h('code', {}, text);
  const button = h('button', { class: 'wnb-toggle', type: 'button', 'aria-label': `Copy ${text}`, title: 'Copy, to run it in a cell', onclick: () => void copy() }, 'Copy');
  const copy = async (): Promise<void> => {
    getSelection()?.selectAllChildren(code);
    const isCopied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    setText(button, isCopied ? 'Copied' : 'Selected'); // without permission, or where the page is not secure
    button.setAttribute('aria-label', `${button.textContent} ${text}`);
  };
  return [code, button];
}
