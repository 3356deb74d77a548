import type { Theme } from '../chart/palette';

/** The theme of the page around `element`: as the host declares it, else by the background behind the element. */
export function themeOf(element: Element): Theme {
  return hostTheme() ?? backgroundTheme(element) ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
}

/** Call `changed` when the page's theme may have changed. Returns a function that stops this. */
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

/** The theme that JupyterLab, VS Code or Colab declares on the page. */
function hostTheme(): Theme | null {
  const { body, documentElement: root } = document;
  const jupyter = body?.dataset.jpThemeLight;
  if (jupyter !== undefined) return jupyter === 'true' ? 'light' : 'dark';
  const vscode = body?.dataset.vscodeThemeKind;
  if (vscode !== undefined) return vscode.includes('light') ? 'light' : 'dark';
  const named = root.getAttribute('theme') ?? root.dataset.theme;
  return named === 'dark' || named === 'light' ? named : null;
}

/** The theme by the first opaque background, from the element outwards. */
function backgroundTheme(element: Element): Theme | null {
  for (let ancestor: Element | null = element.parentElement; ancestor !== null; ancestor = parentOf(ancestor)) {
    const [red, green, blue, alpha = 1] = components(getComputedStyle(ancestor).backgroundColor);
    if (red === undefined || green === undefined || blue === undefined || alpha < 0.5) continue;
    return 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? 'dark' : 'light';
  }
  return null;
}

/** Red, green and blue up to 255 and alpha up to 1; a canvas converts colours in other notations. */
function components(colour: string): number[] {
  if (colour.startsWith('rgb')) return (colour.match(/[\d.]+/g) ?? []).map(Number);
  const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
  if (context === null) return [];
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
  return [red!, green!, blue!, alpha! / 255];
}

function parentOf(element: Element): Element | null {
  const root = element.getRootNode();
  return element.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
}
