import { h, setText } from '../../view/dom';
import type { Tab } from '../../view/tabs';
import type { RunRow, RunsApi } from '../api';
import { Refresh } from './refresh';

/** The end of what a run printed; it follows while the reader is at its end. */
export function consoleTab(api: RunsApi, run: RunRow, over: () => boolean, changed: () => void): Tab {
  const text = h('pre', { class: 'wnb-code wnb-console', tabindex: 0, role: 'region', 'aria-label': 'Console output' });
  const note = h('p', { class: 'wnb-quiet', role: 'status' });
  const ask = async (): Promise<void> => {
    try {
      const found = await api.console(run);
      const atEnd = text.scrollTop + text.clientHeight >= text.scrollHeight - 4;
      setText(text, found.text);
      if (atEnd) text.scrollTop = text.scrollHeight;
      setText(note, found.text === '' ? 'Nothing was printed, or the console was not kept.' : found.cut ? 'The end of the output; the whole is the file output.log.' : '');
    } catch (error) {
      setText(note, (error as Error).message);
    }
    text.hidden = text.textContent === '';
  };
  return refreshed('Console', h('div', { class: 'wnb-panel' }, note, text), ask, 3000, over, changed);
}

/** A tab that asks while it is open. */
export function refreshed(name: string, panel: HTMLElement, ask: () => Promise<void>, ms: number, over: () => boolean, changed: () => void): Tab {
  const refresh = new Refresh(ask, ms, over);
  refresh.wake = changed;
  return { name, panel, update: () => refresh.look(), destroy: () => refresh.stop() };
}
