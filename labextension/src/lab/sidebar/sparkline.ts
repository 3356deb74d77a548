const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT] = [56, 18];

/** A small curve without axes, with gaps for missing values. Hidden from screen readers: the row has the value as text. */
export function sparkline(): { element: SVGElement; draw(values: readonly (number | null)[], colour: string): void } {
  const element = document.createElementNS(SVG, 'svg');
  element.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  element.setAttribute('class', 'wnb-spark');
  element.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(SVG, 'path');
  element.append(line);
  let drawnPath = '';
  return {
    element,
    draw(values, colour) {
      element.style.stroke = colour;
      const path = pathOf(values);
      if (path === drawnPath) return;
      drawnPath = path;
      line.setAttribute('d', path);
    },
  };
}

/** The SVG path of the values; a single value is a line in the middle. */
export function pathOf(values: readonly (number | null)[]): string {
  const present = values.filter((one) => one !== null);
  const [low, high] = [Math.min(...present), Math.max(...present)];
  const y = (value: number): number => (high > low ? 2 + ((high - value) / (high - low)) * (HEIGHT - 4) : HEIGHT / 2);
  if (values.length === 1 && values[0] !== null) return `M0 ${HEIGHT / 2}H${WIDTH}`;
  let command = 'M';
  return values.map((value, i) => {
    if (value === null) {
      command = 'M';
      return '';
    }
    const point = `${command}${((i / (values.length - 1)) * WIDTH).toFixed(1)} ${y(value!).toFixed(1)}`;
    command = 'L';
    return point;
  }).join('');
}
