import type { Access, Comparison, ComparisonHeader, HeatmapHeader, LayerLabels, MediaFile, MediaLayer, MediaRow, MediaSeries, MessageHeader, Message, PlotHeader, SavedLink, SavedPreview, SeriesHeader, Slice, Snapshot, VersionInfo } from './messages';
import { COMPARISON_MIME_TYPE, MIME_TYPE, VERSION } from './messages';

/** Thrown for bytes that are not a message; the view shows its text in one line. */
export class WireError extends Error {}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** An HTTP body: u32 header length, JSON header, float64 columns. */
export function fromHttp(body: ArrayBuffer): Message {
  return message(...split(body));
}

/** Several runs in one HTTP body. */
export function comparisonFromHttp(body: ArrayBuffer): Comparison {
  return comparison(...split(body));
}

/** Several runs over a comm. */
export function comparisonFromComm(header: unknown, buffer?: ArrayBuffer | ArrayBufferView): Comparison {
  return comparison(header, floats64(bytesOf(buffer)));
}

/** Several runs, as saved in a notebook. */
export function comparisonFromSaved(saved: unknown): Comparison {
  return comparison(saved, savedFloats(saved));
}

/** A comm message: the header is its content, the columns are its only buffer (missing if nothing is new). */
export function fromComm(header: unknown, buffer?: ArrayBuffer | ArrayBufferView): Message {
  return message(header, floats64(bytesOf(buffer)));
}

/** A saved snapshot, whose columns are base64 text of float32 or float64. */
export function fromSnapshot(saved: unknown): Message {
  return message(saved, savedFloats(saved));
}

/** The access part of a snapshot; null if it is missing or malformed. */
export function accessOf(saved: unknown): Access | null {
  const access = (saved as Partial<Snapshot> | null)?.access;
  return isAccess(access) ? access : null;
}

/** A saved link, and the ids of the runs that it leads to. Of its `view` only our own types count: the rest could be markup. */
export function linkFromSaved(saved: unknown): { link: SavedLink; ids: string[] } {
  const link = saved as Partial<SavedLink> | null;
  if (link?.v !== VERSION || typeof link.text !== 'string' || typeof link.view !== 'object' || link.view === null) {
    throw new WireError('The link has an incomplete header.');
  }
  const view = Object.fromEntries([MIME_TYPE, COMPARISON_MIME_TYPE].filter((mime) => mime in link.view!).map((mime) => [mime, link.view![mime]]));
  return { link: { v: link.v, text: link.text, view }, ids: runIds(view) };
}

/** The ids of the runs that an output's MIME bundle draws. */
export function runIds(bundle: Record<string, unknown>): string[] {
  const { run } = (bundle[MIME_TYPE] ?? {}) as Partial<MessageHeader>;
  const { runs } = (bundle[COMPARISON_MIME_TYPE] ?? {}) as Partial<ComparisonHeader>;
  return [run, ...(Array.isArray(runs) ? runs.map((one) => one?.run) : [])].map((one) => one?.id).filter((id) => typeof id === 'string');
}

/** How to reach the runs that an output's MIME bundle draws live. */
export function accesses(bundle: Record<string, unknown>): Access[] {
  const { accesses: all } = (bundle[COMPARISON_MIME_TYPE] ?? {}) as Partial<ComparisonHeader>;
  return [accessOf(bundle[MIME_TYPE]), ...(Array.isArray(all) ? all : [])].filter(isAccess);
}

function isAccess(access: Partial<Access> | null | undefined): access is Access {
  return typeof access?.id === 'string' && typeof access.token === 'string';
}

/** The floats of one column, as a view, not a copy; empty if the column is missing. */
export function column(message: Message, slice: Slice | undefined): Float64Array {
  return slice ? message.floats.subarray(slice[0], slice[0] + slice[1]) : new Float64Array(0);
}

function split(body: ArrayBuffer): [header: unknown, floats: Float64Array] {
  if (body.byteLength < 4) throw new WireError('The response is shorter than its header.');
  const length = new DataView(body).getUint32(0, true);
  if (4 + length > body.byteLength) throw new WireError('The response is truncated.');
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, length))) as unknown;
  return [header, floats64(new Uint8Array(body, 4 + length))];
}

function savedFloats(saved: unknown): Float64Array {
  const { data, dtype } = (saved ?? {}) as Partial<Snapshot>;
  if (typeof data !== 'string') throw new WireError('The saved output contains no data.');
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  return dtype === 'f4' ? floats32(bytes) : floats64(bytes);
}

function comparison(header: unknown, floats: Float64Array): Comparison {
  const { runs, labels, diff, accesses, hidden } = (header ?? {}) as Partial<ComparisonHeader>;
  if (!Array.isArray(runs) || !Array.isArray(labels) || labels.length !== runs.length) {
    throw new WireError('The comparison has an incomplete header.');
  }
  const live = Array.isArray(accesses) && accesses.length === runs.length && accesses.every(isAccess);
  return {
    runs: runs.map((one) => message(one, floats)), labels: labels.map(String), diff: diff ?? null, accesses: live ? accesses : null, hidden: Number(hidden) || 0,
  };
}

function message(header: unknown, floats: Float64Array): Message {
  const valid = checkHeader(header);
  for (const series of valid.series) checkSeries(series, floats.length);
  for (const heatmap of valid.heatmaps ?? []) checkHeatmap(heatmap, floats.length);
  checkMedia(valid.media ?? []);
  checkPlots(valid.plots ?? []);
  checkVersions(valid.artifacts ?? []);
  checkPreviews(valid.previews ?? []);
  return { header: valid, floats };
}

function checkHeader(value: unknown): MessageHeader {
  const header = value as Partial<MessageHeader> | null;
  if (typeof header !== 'object' || header === null) throw new WireError('The message has no header.');
  if (header.v !== VERSION) {
    throw new WireError(`This page reads message version ${VERSION}, the run sent version ${String(header.v)}; reload the page.`);
  }
  if (typeof header.cursor !== 'string' || typeof header.run?.id !== 'string' || !Array.isArray(header.series)) {
    throw new WireError('The message has an incomplete header.');
  }
  return header as MessageHeader;
}

/** Reject slices that reach beyond the blob, or columns of different lengths. */
function checkSeries(series: SeriesHeader, available: number): void {
  const { step, time, value, x } = series.columns;
  for (const slice of [step, time, value, x]) {
    if (slice === undefined) continue;
    const [first, count] = slice;
    if (!(first >= 0 && count === value[1] && first + count <= available)) {
      throw new WireError(`The columns of ${series.key} do not match the data.`);
    }
  }
}

function checkHeatmap({ key, columns: { step, time, edges, cells } }: HeatmapHeader, available: number): void {
  const fits = [step, time, edges, cells].every(([first, count]) => first >= 0 && count >= 0 && first + count <= available);
  if (!fits || time[1] !== step[1] || cells[1] !== step[1] * Math.max(0, edges[1] - 1)) {
    throw new WireError(`The columns of ${key} do not match the data.`);
  }
}

/** Reject media without keys, steps and paths: a saved output may have been made by anybody. */
function checkMedia(media: unknown): void {
  const isLayer = (layer: Partial<MediaLayer> | null): boolean => [layer?.kind, layer?.name, layer?.path].every((text) => typeof text === 'string');
  const isFile = (file: Partial<MediaFile> | null): boolean =>
    [file?.kind, file?.path, file?.caption, file?.artifact ?? ''].every((text) => typeof text === 'string') && areAll(file?.layers, isLayer);
  const areLabels = (one: Partial<LayerLabels> | null): boolean => isLayer({ ...one, path: '' } as MediaLayer) && typeof one?.labels === 'object' && one.labels !== null;
  const isRow = (row: Partial<MediaRow> | null): boolean => typeof row?.step === 'number' && Number.isFinite(row.count ?? 0) && Array.isArray(row.files) && row.files.every(isFile);
  const isSeries = (one: Partial<MediaSeries> | null): boolean => typeof one?.key === 'string' && Array.isArray(one.rows) && one.rows.every(isRow) && areAll(one.labels, areLabels);
  if (!Array.isArray(media) || !media.every(isSeries)) throw new WireError('The message has incomplete media.');
}

/** Reject charts of tables whose settings are not texts. */
function checkPlots(plots: unknown): void {
  const isText = (value: unknown): boolean => typeof value === 'string';
  const isTexts = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.values(value).every(isText);
  const isPlot = (one: Partial<PlotHeader> | null): boolean => [one?.key, one?.spec, one?.table, one?.vega ?? ''].every(isText) && isTexts(one?.fields) && isTexts(one?.texts);
  if (!Array.isArray(plots) || !plots.every(isPlot)) throw new WireError('The message has incomplete charts of tables.');
}

/** Reject artifact versions without name, type and step. */
function checkVersions(versions: unknown): void {
  const isNumber = (value: unknown): boolean => value === null || typeof value === 'number';
  const isVersion = (one: Partial<VersionInfo> | null): boolean =>
    [one?.name, one?.type, one?.url ?? ''].every((text) => typeof text === 'string') && isNumber(one?.step) && isNumber(one?.attempt);
  if (!Array.isArray(versions) || !versions.every(isVersion)) throw new WireError('The message has incomplete artifact versions.');
}

/** Whether an optional list has only such items. */
function areAll<T>(items: T[] | undefined, is: (item: T) => boolean): boolean {
  return items === undefined || (Array.isArray(items) && items.every(is));
}

function checkPreviews(previews: unknown): void {
  const isPreview = (one: Partial<SavedPreview> | null): boolean => [one?.path, one?.type, one?.data].every((text) => typeof text === 'string');
  if (!Array.isArray(previews) || !previews.every(isPreview)) throw new WireError('The message has incomplete previews.');
}

function bytesOf(buffer: ArrayBuffer | ArrayBufferView | undefined): Uint8Array {
  if (buffer === undefined) return new Uint8Array(0);
  if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  return new Uint8Array(buffer);
}

/** Copies if the bytes do not start at a multiple of 8, as a Float64Array requires. */
function floats64(bytes: Uint8Array): Float64Array {
  const count = Math.floor(bytes.byteLength / 8);
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const floats = new Float64Array(aligned.buffer as ArrayBuffer, aligned.byteOffset, count);
  return LITTLE_ENDIAN ? floats : floats.map((_, i) => new DataView(aligned.buffer, aligned.byteOffset).getFloat64(i * 8, true));
}

function floats32(bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: Math.floor(bytes.byteLength / 4) }, (_, i) => view.getFloat32(i * 4, true));
}
