import { View } from 'vega';

/** The parameter of each function of a locale that is a number format. */
const SPECIFIERS: Record<string, number> = { format: 0, formatPrefix: 0, formatFloat: 0, formatSpan: 3 };
const TOO_WIDE = /\d{4}/; // no number needs a width or precision of 1,000

type Format = (...params: unknown[]) => unknown;
type Locale = Record<string, Format>;

/** Let every number format of a chart, in expressions, axes and legends, refuse a huge width. It is needed once, before the first chart. */
export function limitFormats(): void {
  const prototype = View.prototype as unknown as { locale(...params: unknown[]): unknown };
  const original = prototype.locale;
  const limited = new WeakMap<object, Locale>();
  prototype.locale = function (...params) {
    const locale = original.apply(this, params);
    if (params.length > 0) return locale;
    if (!limited.has(locale as Locale)) limited.set(locale as Locale, limitedLocale(locale as Locale));
    return limited.get(locale as Locale);
  };
}

function limitedLocale(locale: Locale): Locale {
  const limited = Object.entries(SPECIFIERS).map(([name, at]): [string, Format] => [name, (...params) => {
    if (TOO_WIDE.test(String(params[at] ?? ''))) throw new Error('its number format is wider than 999 characters');
    return locale[name]!(...params);
  }]);
  return { ...locale, ...Object.fromEntries(limited) };
}
