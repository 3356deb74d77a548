import { Overlay } from '../../model/overlay';
import { RunData } from '../../model/run-data';
import { ChartPanel } from '../../view/charts/chart-panel';
import { h, setText } from '../../view/dom';
import type { Tab } from '../../view/tabs';
import type { RunRow, RunsApi } from '../runs-api';
import type { TabOptions } from './polling-tab';
import { pollingTab } from './polling-tab';

const POLL_MS = 5000;

/** The system metrics of a run, as charts. */
export function systemTab(api: RunsApi, run: RunRow, options: TabOptions): Tab {
  const data = new RunData();
  const charts = new ChartPanel(Overlay.of(data), () => options.redraw());
  charts.context.state.axis = 'time';
  const note = h('p', { class: 'wnb-quiet', role: 'status' });
  const load = async (): Promise<void> => {
    try {
      data.apply(await api.system(run));
      setText(note, data.series.size === 0 ? 'No system metrics were recorded.' : '');
    } catch (error) {
      setText(note, (error as Error).message);
    }
    options.redraw();
  };
  const panel = h('div', { class: 'wnb-panel' }, note, h('div', { class: 'wnb-bar wnb-bar-plain' }, charts.toolbar.element), charts.grid.element);
  const tab = pollingTab('System', panel, load, POLL_MS, options);
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
