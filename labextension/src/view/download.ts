import { h } from './dom';

const URL_LIFETIME_MS = 60_000;

/** Let the browser save a file. */
export function download(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), URL_LIFETIME_MS);
}
