import { Overlay } from '../../model/overlay';
import { RunData } from '../../model/store';
import { Charts } from '../../view/charts';
import { h, setText } from '../../view/dom';
import type { Tab } from '../../view/tabs';
import type { RunRow, RunsApi } from '../api';
import { refreshed } from './console';

/** The system metrics of a run, as charts. */
export function systemTab(api: RunsApi, run: RunRow, over: () => boolean, changed: () => void): Tab {
  const data = new RunData();
  const charts = new Charts(Overlay.of(data), changed);
  charts.owner.state.mode = 'time';
  charts.owner.state.chosen = true;
  const note = h('p', { class: 'wnb-quiet', role: 'status' });
  const ask = async (): Promise<void> => {
    try {
      data.apply(await api.system(run));
      setText(note, data.series.size === 0 ? 'No system metrics were taken.' : '');
    } catch (error) {
      setText(note, (error as Error).message);
    }
    changed();
  };
  const panel = h('div', { class: 'wnb-panel' }, note, h('div', { class: 'wnb-bar wnb-bar-plain' }, charts.toolbar.element), charts.grid.element);
  const tab = refreshed('System', panel, ask, 5000, over, changed);
  return {
    ...tab,
    update(theme) {
      tab.update?.(theme);
      if (data.series.size > 0) charts.update(theme, true);
      charts.toolbar.element.hidden = data.series.size === 0;
    },
    destroy() {
      tab.destroy?.();
      charts.destroy();
    },
  };
}
