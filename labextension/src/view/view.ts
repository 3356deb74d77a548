import { PALETTES } from '../chart/palette';
import type { Feed, Viewer } from '../sources/feed';
import type { CardOwner } from './card';
import { freshId, h, setText } from './dom';
import { Facts } from './facts';
import { Grid } from './grid';
import { Header } from './header';
import { shieldKeys } from './keys';
import { initialState } from './state';
import css from './style.css';
import { Tabs } from './tabs';
import { themeOf, watchTheme } from './theme';
import { Toolbar } from './toolbar';

/** A mounted view. */
export interface Mounted {
  destroy(): void;
}

/** Draw a run into `host` and keep it current from `feed`, until destroyed. What fails here is told in the view alone. */
export function mountView(host: HTMLElement, feed: Feed): Mounted {
  try {
    return new RunView(host, feed);
  } catch (error) {
    showFailure(host, error);
    return { destroy: () => host.replaceChildren() };
  }
}

/** One quiet line in place of a view. */
export function showFailure(host: HTMLElement, error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  host.replaceChildren(h('div', { class: 'wnb' }, h('style', {}, css), h('p', { class: 'wnb-quiet' }, `wandb_nb cannot draw this run: ${why}`)));
}

class RunView implements Viewer, Mounted {
  private readonly root: HTMLElement;
  private readonly owner: CardOwner;
  private readonly header: Header;
  private readonly toolbar: Toolbar;
  private readonly grid: Grid;
  private readonly config = new Facts('config');
  private readonly summary = new Facts('summary');
  private readonly tabs: Tabs;
  private readonly body: HTMLElement;
  private readonly notice = h('p', { class: 'wnb-notice', role: 'status', hidden: true });
  private readonly sight: IntersectionObserver;
  private readonly clock: ReturnType<typeof setInterval>;
  private readonly forgetTheme: () => void;
  private readonly freeKeys: () => void;
  private frame = 0;

  constructor(private readonly host: HTMLElement, private readonly feed: Feed) {
    this.owner = { data: feed.data, state: initialState(), palette: PALETTES.light, group: freshId(), restyle: () => this.changed() };
    this.header = new Header(feed);
    this.toolbar = new Toolbar(this.owner);
    this.grid = new Grid(this.owner);
    const panel = (child: HTMLElement): HTMLElement => h('div', { class: 'wnb-panel' }, child);
    const panels = [panel(this.grid.element), panel(this.config.element), panel(this.summary.element)] as const;
    this.tabs = new Tabs(
      [{ name: 'Charts', panel: panels[0] }, { name: 'Config', panel: panels[1] }, { name: 'Summary', panel: panels[2] }],
      () => this.changed(),
    );
    this.body = h('div', { class: 'wnb-body', hidden: true }, h('div', { class: 'wnb-bar' }, this.tabs.list, this.toolbar.element), ...panels);
    this.root = h('section', { class: 'wnb', 'aria-label': 'Run' }, h('style', {}, css), this.header.element, this.notice, this.body);
    host.replaceChildren(this.root);
    this.freeKeys = shieldKeys(this.root);
    this.forgetTheme = watchTheme(() => this.changed());
    this.sight = new IntersectionObserver((entries) => feed.look(this, entries.at(-1)?.isIntersecting ?? false));
    this.sight.observe(this.root);
    this.clock = setInterval(() => this.header.tick(), 1000);
    feed.join(this);
    this.changed();
  }

  /** Draw before the next frame; many changes make one drawing. */
  changed(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.safely(() => this.update());
    });
  }

  destroy(): void {
    this.feed.leave(this);
    cancelAnimationFrame(this.frame);
    clearInterval(this.clock);
    this.forgetTheme();
    this.freeKeys();
    this.sight.disconnect();
    this.header.destroy();
    this.grid.destroy();
    this.root.remove();
  }

  private update(): void {
    const { data, status } = this.feed;
    const theme = themeOf(this.root);
    this.root.dataset.theme = theme;
    this.owner.palette = PALETTES[theme];
    this.root.setAttribute('aria-label', `Run ${data.run?.name ?? ''}`);
    this.root.dataset.version = String(data.version);
    this.root.dataset.points = String(data.points);
    this.header.update();
    this.notice.hidden = !(status === 'lost' && data.run?.state === 'running');
    setText(this.notice, this.notice.hidden ? '' : 'Live data is not reachable. This is the run as last seen.');
    this.body.hidden = data.series.size === 0;
    if (this.body.hidden) return;
    this.toolbar.element.hidden = this.tabs.current !== 0;
    this.toolbar.update(this.grid.total);
    if (this.tabs.current === 0) this.grid.update();
    if (this.tabs.current === 1) this.config.update(data.config);
    if (this.tabs.current === 2) this.summary.update(data.summary);
  }

  private safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.destroy();
      showFailure(this.host, error);
    }
  }
}
