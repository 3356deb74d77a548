import type { Json, JsonObject } from '../wire/messages';

const MAX_DECIMALS = 15;
const MAX_LIST_CHARACTERS = 120;

/** A number for people: four digits, up to six where they are whole, grouped thousands, powers of ten if it is very large or small. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return minus(value.toExponential(2).replace(/\.?0+e/, 'e').replace('e+', 'e'));
  if (Number.isInteger(value)) return minus(value.toLocaleString('en-US'));
  if (size >= 1e6) return withUnit(value, 6);
  return minus(value.toLocaleString('en-US', size >= 1000 ? { maximumFractionDigits: size >= 1e5 ? 0 : 1 } : { maximumSignificantDigits: 4 }));
}

/** Labels of ticks: short, distinct, and exact to a hundredth of the distance between ticks. */
export function tickLabels(values: number[]): string[] {
  const size = Math.max(...values.map(Math.abs), 0);
  const tolerance = toleranceOf(values);
  const isExact = (round: (value: number) => string): boolean => values.every((value) => Math.abs(Number(round(value)) - value) <= tolerance);
  const maxDigits = size >= 1e5 ? 6 : size > 0 && size < 1e-3 ? 15 : 0;
  for (let digits = 1; digits <= maxDigits; digits++) {
    if (isExact((value) => value.toPrecision(digits))) return values.map((value) => withUnit(value, digits));
  }
  let decimals = 0;
  while (decimals < MAX_DECIMALS && !isExact((value) => value.toFixed(decimals))) decimals += 1;
  return values.map((value) => minus(value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })));
}

function toleranceOf(values: number[]): number {
  const distances = values.slice(1).map((value, i) => Math.abs(value - values[i]!)).filter((distance) => distance > 0);
  return Math.min(...distances, Math.abs(values[0] ?? 0) || 1) / 100;
}

/** Seconds as 0.04s, 0.5s, 42s, 3:05, 2:10:00, 3d 04:00. */
export function formatDuration(seconds: number): string {
  if (seconds < 0) return `−${formatDuration(-seconds)}`;
  if (seconds < 0.1) return `${Number(seconds.toPrecision(1))}s`;
  if (seconds < 60) return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.floor(seconds)}s`;
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0');
  const [days, hours, minutes] = [seconds / 86400, (seconds / 3600) % 24, (seconds / 60) % 60];
  if (days >= 1) return `${Math.floor(days)}d ${two(hours)}:${two(minutes)}`;
  if (hours >= 1) return `${Math.floor(hours)}:${two(minutes)}:${two(seconds % 60)}`;
  return `${Math.floor(minutes)}:${two(seconds % 60)}`;
}

/** A number of bytes in the unit that fits. */
export function formatBytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, size < 1000 ? 0 : Math.floor(Math.log10(size) / 3));
  return `${formatNumber(Number((size / 1000 ** power).toPrecision(3)))} ${units[power]}`;
}

/** How long ago a Unix time was, as "5 s ago", "12 min ago", "3 h ago", "4 d ago", or a date. */
export function formatAge(time: number, now: number): string {
  const seconds = Math.max(0, now - time);
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 30 * 86_400) return `${Math.floor(seconds / 86_400)} d ago`;
  return new Date(time * 1000).toISOString().slice(0, 10);
}

/** The leaves of nested mappings with dotted names, in their order. */
export function flatten(value: JsonObject, prefix = ''): [name: string, leaf: Json][] {
  return Object.entries(value).flatMap(([key, child]): [string, Json][] => {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    const nested = typeof child === 'object' && child !== null && !Array.isArray(child) && Object.keys(child).length > 0;
    return nested ? flatten(child, name) : [[name, child]];
  });
}

/** A JSON value for people, numbers in it as elsewhere, long lists cut; `exactText` is for copying. */
export function formatValue(value: Json): string {
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'string') return value;
  const text = JSON.stringify(value, (_, leaf: Json) => (typeof leaf === 'number' ? Number(leaf.toPrecision(6)) : leaf));
  if (!Array.isArray(value) || text.length <= MAX_LIST_CHARACTERS) return text;
  return `${text.slice(0, text.lastIndexOf(',', MAX_LIST_CHARACTERS) + 1)} … (${formatNumber(value.length)} values)]`;
}

/** A JSON value with all its digits. */
export function exactText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A line without control characters, which terminals and screen readers may interpret. */
export function plainLine(value: string): string {
  return value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ');
}

function withUnit(value: number, digits: number): string {
  const size = Math.abs(value);
  if (size >= 1e3 && size < 1e15) {
    const unit = size >= 1e12 ? 'T' : size >= 1e9 ? 'G' : size >= 1e6 ? 'M' : 'k';
    const scale = { T: 1e12, G: 1e9, M: 1e6, k: 1e3 }[unit];
    return minus(`${Number((value / scale).toPrecision(digits))}${unit}`);
  }
  return value === 0 ? '0' : minus(value.toExponential(digits - 1).replace(/\.?0+e/, 'e').replace('e+', 'e'));
}

/** With a true minus sign, as wide as a digit. */
function minus(label: string): string {
  return label.replace(/^-/, '−');
}
