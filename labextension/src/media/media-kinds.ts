import { ownValue } from '../model/own-value';
import type { MediaFile } from '../wire/messages';

/** How one file is shown. "other" is named only. */
export type MediaForm = 'picture' | 'sound' | 'video' | 'page' | 'table' | 'solid' | 'figure' | 'other';

const FORMS: Record<string, MediaForm> = { image: 'picture', audio: 'sound', video: 'video', html: 'page', table: 'table', 'incremental-table': 'table', plotly: 'figure' };
/** The suffixes of 3D objects and molecules that are drawn. */
const SOLID = /\.(pts\.json|obj|stl|glb|gltf|pdb|pqr|sdf|sd|mol2|gro|cif|mcif|mmcif)$/i;
const NAMES: Record<string, string> = {
  image: 'Picture', audio: 'Sound', video: 'Video', html: 'HTML page', table: 'Table', 'incremental-table': 'Table', 'joined-table': 'Table', 'partitioned-table': 'Table',
  object3D: '3D object', molecule: 'Molecule', plotly: 'Plotly figure', bokeh: 'Bokeh figure', graph: 'Graph',
};

export function formOf({ kind, path }: MediaFile): MediaForm {
  if (kind === 'video' && path.toLowerCase().endsWith('.gif')) return 'picture';
  if (kind === 'object3D' || kind === 'molecule') return SOLID.test(path) ? 'solid' : 'other';
  return ownValue(FORMS, kind) ?? 'other';
}

/** What a file is called where its caption is missing. */
export function nameOf(file: MediaFile): string {
  return ownValue(NAMES, file.kind) ?? file.kind;
}

/** Type, name and size of a file. */
export function describe(file: MediaFile): string {
  const size = file.size === null ? '' : ` (${formatBytes(file.size)})`;
  return `${nameOf(file)} ${fileName(file)}${size}`;
}

export function fileName({ path }: MediaFile): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const power = Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${['B', 'kB', 'MB', 'GB'][power]}`;
}
