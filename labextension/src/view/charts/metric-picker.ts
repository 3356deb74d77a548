import { h, setText } from '../dom';

const MAX_METRICS = 500;

/** A button with a list of check boxes that limits the charts to some metrics. None checked stands for all. */
export class MetricPicker {
  readonly element: HTMLDetailsElement;
  private readonly label = h('span', {}, 'Metrics');
  private readonly all = this.createBox('All metrics', () => this.onChange([]));
  private readonly list = h('div', { class: 'wnb-picker-list' });
  private readonly summary = h('summary', { class: 'wnb-toggle', title: 'Choose the metrics to draw' }, this.label);
  private boxes = new Map<string, HTMLLabelElement>();
  private selected: ReadonlySet<string> = new Set();
  private readonly closeOutside = (event: Event): void => {
    if (!this.element.contains(event.target as Node)) this.element.open = false;
  };

  /** `onChange` gets the metrics that the user chose. */
  constructor(private readonly onChange: (keys: string[]) => void) {
    this.element = h('details', { class: 'wnb-picker wnb-menu-anchor' }, this.summary,
      h('div', { class: 'wnb-menu', role: 'group', 'aria-label': 'Metrics to draw' }, this.all, this.list));
    this.element.addEventListener('keydown', (event) => this.handleKey(event));
    document.addEventListener('pointerdown', this.closeOutside, true);
  }

  /** Offer these metrics, and check the selected ones. */
  update(metrics: string[], selected: ReadonlySet<string>): void {
    this.selected = selected;
    const names = [...new Set([...metrics.slice(0, MAX_METRICS), ...selected])];
    this.element.hidden = names.length < 2 && selected.size === 0;
    if (names.join('\n') !== [...this.boxes.keys()].join('\n')) {
      this.boxes = new Map(names.map((name) => [name, this.boxes.get(name) ?? this.createBox(name, (checked) => this.toggle(name, checked))]));
      this.list.replaceChildren(...this.boxes.values());
    }
    for (const [name, box] of this.boxes) inputOf(box).checked = selected.has(name);
    inputOf(this.all).checked = selected.size === 0;
    setText(this.label, selected.size === 0 ? 'Metrics' : `Metrics: ${selected.size} of ${names.length}`);
  }

  destroy(): void {
    document.removeEventListener('pointerdown', this.closeOutside, true);
  }

  private toggle(name: string, checked: boolean): void {
    const keys = [...this.selected].filter((key) => key !== name);
    this.onChange(checked ? [...keys, name] : keys);
  }

  private createBox(name: string, onChange: (checked: boolean) => void): HTMLLabelElement {
    const input = h('input', { type: 'checkbox', onchange: () => onChange(input.checked) });
    return h('label', { class: 'wnb-picker-item' }, input, h('span', {}, name));
  }

  private handleKey(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || !this.element.open) return;
    event.preventDefault();
    this.element.open = false;
    this.summary.focus();
  }
}

function inputOf(box: HTMLLabelElement): HTMLInputElement {
  return box.querySelector('input')!;
}
