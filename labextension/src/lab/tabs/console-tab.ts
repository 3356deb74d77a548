import { h, setText } from '../../view/dom';
import type { Tab } from '../../view/tabs';
import type { RunRow, RunsApi } from '../runs-api';
import type { TabOptions } from './polling-tab';
import { pollingTab } from './polling-tab';

const POLL_MS = 3000;
const END_TOLERANCE_PX = 4;

/** The end of a run's console output; scrolls along while it is scrolled to its end. */
export function consoleTab(api: RunsApi, run: RunRow, options: TabOptions): Tab {
  const text = h('pre', { class: 'wnb-code wnb-console', tabindex: 0, role: 'region', 'aria-label': 'Console output' });
  const note = h('p', { class: 'wnb-quiet', role: 'status' });
  const load = async (): Promise<void> => {
    try {
      const output = await api.console(run);
      const atEnd = text.scrollTop + text.clientHeight >= text.scrollHeight - END_TOLERANCE_PX;
      setText(text, output.text);
      if (atEnd) text.scrollTop = text.scrollHeight;
      setText(note, statusText(output));
    } catch (error) {
      setText(note, (error as Error).message);
    }
    text.hidden = text.textContent === '';
  };
  return pollingTab('Console', h('div', { class: 'wnb-panel' }, note, text), load, POLL_MS, options);
}

function statusText({ text, cut }: { text: string; cut: boolean }): string {
  if (text === '') return 'No console output was saved.';
  return cut ? 'The end of the output; the file output.log has all of it.' : '';
}
