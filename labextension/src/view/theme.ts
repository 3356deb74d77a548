import type { Theme } from '../chart/palette';

/** Light or dark, as the page around `element` is: told by the host, else by the ground that the element lies on. */
export function themeOf(element: Element): Theme {
  return told() ?? seen(element) ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
}

/** Call `changed` when the page's theme may have changed; returns what ends that. */
export function watchTheme(changed: () => void): () => void {
  const query = matchMedia('(prefers-color-scheme: dark)');
  const observer = new MutationObserver(changed);
  const attributes = { attributes: true, attributeFilter: ['class', 'theme', 'style', 'data-theme', 'data-jp-theme-light', 'data-jp-theme-name', 'data-vscode-theme-kind'] };
  observer.observe(document.documentElement, attributes);
  if (document.body) observer.observe(document.body, attributes);
  query.addEventListener('change', changed);
  return () => {
    observer.disconnect();
    query.removeEventListener('change', changed);
  };
}

/** JupyterLab, VS Code and Colab say it on the page. */
function told(): Theme | null {
  const { body, documentElement: root } = document;
  const jupyter = body?.dataset.jpThemeLight;
  if (jupyter !== undefined) return jupyter === 'true' ? 'light' : 'dark';
  const code = body?.dataset.vscodeThemeKind;
  if (code !== undefined) return code.includes('light') ? 'light' : 'dark';
  const named = root.getAttribute('theme') ?? root.dataset.theme;
  return named === 'dark' || named === 'light' ? named : null;
}

/** By the first ground, from the element outwards, that is not see-through. */
function seen(element: Element): Theme | null {
  for (let at: Element | null = element.parentElement; at !== null; at = outwards(at)) {
    const [red, green, blue, alpha = 1] = components(getComputedStyle(at).backgroundColor);
    if (red === undefined || green === undefined || blue === undefined || alpha < 0.5) continue;
    return 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? 'dark' : 'light';
  }
  return null;
}

/** Red, green and blue up to 255 and alpha up to 1; the browser itself turns colours that are told in other terms. */
function components(colour: string): number[] {
  if (colour.startsWith('rgb')) return (colour.match(/[\d.]+/g) ?? []).map(Number);
  const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
  if (context === null) return [];
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
  return [red!, green!, blue!, alpha! / 255];
}

function outwards(element: Element): Element | null {
  const root = element.getRootNode();
  return element.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
}
