import type { LayerLabels, MediaLayer } from '../../wire/messages';

/** One mask or set of boxes of a metric, as far as its files are loaded. */
export interface LayerFacts {
  key: string;
  kind: MediaLayer['kind'];
  name: string;
  /** The class ids that occur. */
  classes: Set<number>;
  labels: Map<number, string>;
  /** The lowest and the highest value of each score of its boxes. */
  scores: Map<string, [low: number, high: number]>;
}

/** What one picture's file says about a layer. */
export interface LayerContent {
  classes: Iterable<number>;
  labels?: Record<string, string>;
  scores?: Record<string, number>[];
}

const MAX_CLASSES = 300;
const BACKGROUND = /^(_*background_*|unlabell?ed|void|none)$/i;

/** Which layers and classes of a metric's pictures are drawn, and above which scores its boxes are. */
export class LayerChoices {
  readonly layers = new Map<string, LayerFacts>();
  private readonly hiddenLayers = new Set<string>();
  /** Whether a class is drawn, where the user chose. */
  private readonly chosenClasses = new Map<string, boolean>();
  private readonly minScores = new Map<string, number>();
  private readonly listeners = new Set<() => void>();

  /** Add the names of classes. */
  label(labels: readonly LayerLabels[]): void {
    for (const one of labels) addLabels(this.facts(one).labels, one.labels);
  }

  /** Add what was read from the file of a layer. */
  add(layer: MediaLayer, content: LayerContent): void {
    const facts = this.facts(layer);
    addLabels(facts.labels, content.labels ?? {});
    let changed = false;
    for (const id of content.classes) {
      if (facts.classes.has(id) || facts.classes.size >= MAX_CLASSES) continue;
      facts.classes.add(id);
      changed = true;
    }
    for (const scores of content.scores ?? []) changed = addScores(facts.scores, scores) || changed;
    if (changed) this.notify();
  }

  isDrawn(layer: MediaLayer): boolean {
    return !this.hiddenLayers.has(keyOf(layer));
  }

  /** Whether a class is drawn; what is named background, and 0 without a name, is not unless the user wants it. */
  isClassDrawn(layer: MediaLayer, id: number): boolean {
    const label = this.layers.get(keyOf(layer))?.labels.get(id);
    const background = layer.kind === 'mask' && (label === undefined || label === 'class_0' ? id === 0 : BACKGROUND.test(label));
    return this.chosenClasses.get(`${keyOf(layer)}/${id}`) ?? !background;
  }

  /** Whether a box's scores are high enough; scores without a choice are. */
  isAbove(layer: MediaLayer, scores: Record<string, number>): boolean {
    return Object.entries(scores).every(([name, score]) => score >= this.minScore(layer, name));
  }

  minScore(layer: MediaLayer, name: string): number {
    return this.minScores.get(`${keyOf(layer)}/${name}`) ?? -Infinity;
  }

  setMinScore(layer: MediaLayer, name: string, score: number): void {
    this.minScores.set(`${keyOf(layer)}/${name}`, score);
    this.notify();
  }

  toggle(layer: MediaLayer): void {
    const key = keyOf(layer);
    if (!this.hiddenLayers.delete(key)) this.hiddenLayers.add(key);
    this.notify();
  }

  toggleClass(layer: MediaLayer, id: number): void {
    this.chosenClasses.set(`${keyOf(layer)}/${id}`, !this.isClassDrawn(layer, id));
    this.notify();
  }

  /** The name of a class. */
  nameOf(layer: MediaLayer, id: number): string {
    return this.layers.get(keyOf(layer))?.labels.get(id) ?? `class_${id}`;
  }

  /** Call `listener` after each change until the returned function is called. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private facts({ kind, name }: Pick<MediaLayer, 'kind' | 'name'>): LayerFacts {
    const key = keyOf({ kind, name });
    const existing = this.layers.get(key);
    if (existing) return existing;
    const facts: LayerFacts = { key, kind, name, classes: new Set(), labels: new Map(), scores: new Map() };
    this.layers.set(key, facts);
    return facts;
  }

  private notify(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

export function keyOf({ kind, name }: Pick<MediaLayer, 'kind' | 'name'>): string {
  return `${kind}/${name}`;
}

function addLabels(labels: Map<number, string>, more: Record<string, string>): void {
  for (const [id, label] of Object.entries(more)) if (Number.isInteger(Number(id))) labels.set(Number(id), String(label));
}

/** Widen the ranges; returns whether one changed. */
function addScores(ranges: LayerFacts['scores'], scores: Record<string, number>): boolean {
  let changed = false;
  for (const [name, score] of Object.entries(scores)) {
    const [low, high] = ranges.get(name) ?? [score, score];
    changed ||= !ranges.has(name) || score < low || score > high;
    ranges.set(name, [Math.min(low, score), Math.max(high, score)]);
  }
  return changed;
}
