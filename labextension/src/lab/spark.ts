const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT] = [56, 18];

/** A small curve without axes; gaps where a value is missing. It says nothing that the row does not say in words. */
export function spark(): { element: SVGElement; draw(values: readonly (number | null)[]): void } {
  const element = document.createElementNS(SVG, 'svg');
  element.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  element.setAttribute('class', 'wnb-spark');
  element.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(SVG, 'path');
  element.append(line);
  let drawn = '';
  return {
    element,
    draw(values) {
      const path = pathOf(values);
      if (path === drawn) return;
      drawn = path;
      line.setAttribute('d', path);
    },
  };
}

/** The path of the values, lowest at the bottom; a single value is a dash in the middle. */
export function pathOf(values: readonly (number | null)[]): string {
  const told = values.filter((one) => one !== null);
  const [low, high] = [Math.min(...told), Math.max(...told)];
  const y = (value: number): number => (high > low ? 2 + ((high - value) / (high - low)) * (HEIGHT - 4) : HEIGHT / 2);
  if (values.length === 1 && values[0] !== null) return `M0 ${HEIGHT / 2}H${WIDTH}`;
  let pen = 'M';
  return values.map((value, i) => {
    if (value === null) {
      pen = 'M';
      return '';
    }
    const point = `${pen}${((i / (values.length - 1)) * WIDTH).toFixed(1)} ${y(value!).toFixed(1)}`;
    pen = 'L';
    return point;
  }).join('');
}
