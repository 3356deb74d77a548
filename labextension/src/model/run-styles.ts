import palette from '../../../wandb_nb/view/palette.json';

const COLOURS = palette.light.length;

/**
 * The colour of a run on its own, as in `wandb_nb/view/run_styles.py`, with the same test cases: the FNV-1a hash of its id,
 * folded. A style is the number of a colour, plus eight for each further dash pattern.
 */
export function preferredStyle(runId: string): number {
  let digest = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(runId)) digest = Math.imul(digest ^ byte, 0x01000193) >>> 0;
  return ((digest ^ (digest >>> 16)) >>> 0) % COLOURS;
}

/** The preferred style of a run, else the next colour that is not used; beyond eight, with dashes. */
export function freeStyle(runId: string, used: ReadonlySet<number>): number {
  const preferred = preferredStyle(runId);
  for (let lap = 0; ; lap++) {
    for (let step = 0; step < COLOURS; step++) {
      const style = ((preferred + step) % COLOURS) + lap * COLOURS;
      if (!used.has(style)) return style;
    }
  }
}

/** The style of each run of one chart, in their order. */
export function runStyles(runIds: string[]): number[] {
  const used = new Set<number>();
  return runIds.map((id) => {
    const style = freeStyle(id, used);
    used.add(style);
    return style;
  });
}

/** The style of a metric by its number in a chart of one run: the first one has the run's colour. */
export function metricStyle(runStyle: number, number: number): number {
  return ((runStyle + number) % COLOURS) + Math.floor(number / COLOURS) * COLOURS;
}
