import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { fromHttp } from '../wire/decode';
import type { CellInfo, Message } from '../wire/messages';

/** One run of the list. Times in Unix seconds; `notebook` and `folder` are paths below the server's root, or null. */
export interface RunRow {
  key: string;
  id: string;
  token: string;
  name: string;
  project: string;
  entity: string;
  group: string;
  state: string;
  created: number;
  ended: number | null;
  host: string;
  kernel: string | null;
  notebook: string | null;
  /** The id of the cell that started the run; empty if that is unknown. */
  cell: string;
  folder: string | null;
  registered: boolean;
}

/** The changes of the list since an earlier `version`. */
export interface RunListChanges {
  version: string;
  whole: boolean;
  rows: RunRow[];
  gone: string[];
  searching: boolean;
  complete: boolean;
}

/** A run's progress from its file, and a small curve of one metric. */
export interface RunPreview {
  state: string;
  step: number;
  rows: number;
  runtime: number;
  metric: string;
  latest: number | null;
  curve: (number | null)[];
}

export interface RunFile {
  path: string;
  size: number;
}

export interface FilePreview {
  text: string | null;
  cut: boolean;
  size: number;
}

/** The server rejected the request; `status` is 0 if it was unreachable. */
export class RequestError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** The run routes of the Jupyter server. */
export class RunsApi {
  private readonly settings = ServerConnection.makeSettings();

  async changes(since: string, searchFolders: boolean): Promise<RunListChanges> {
    return (await this.request(`runs?since=${encodeURIComponent(since)}${searchFolders ? '&search=1' : ''}`)).json() as Promise<RunListChanges>;
  }

  async previews(keys: string[]): Promise<Record<string, RunPreview>> {
    const body = (await (await this.request('looks', { method: 'POST', body: JSON.stringify({ keys }) })).json()) as { looks: Record<string, RunPreview> };
    return body.looks;
  }

  async files(run: RunRow): Promise<RunFile[]> {
    return ((await this.detail(run, 'files')) as { files: RunFile[] }).files;
  }

  async console(run: RunRow): Promise<{ text: string; cut: boolean }> {
    return ((await this.detail(run, 'console')) as { console: { text: string; cut: boolean } }).console;
  }

  async code(run: RunRow): Promise<{ cells: CellInfo[]; files: RunFile[] }> {
    return ((await this.detail(run, 'code')) as { code: { cells: CellInfo[]; files: RunFile[] } }).code;
  }

  async preview(run: RunRow, path: string): Promise<FilePreview> {
    return (await this.detail(run, `file?path=${encodeURIComponent(path)}`)) as FilePreview;
  }

  async download(run: RunRow, path: string): Promise<Blob> {
    return (await this.requestRun(run, `file?path=${encodeURIComponent(path)}&download=1`)).blob();
  }

  async system(run: RunRow): Promise<Message> {
    return fromHttp(await (await this.requestRun(run, 'system')).arrayBuffer());
  }

  async delete(run: RunRow): Promise<void> {
    await this.requestRun(run, 'delete', { method: 'POST', body: '{}' });
  }

  private async detail(run: RunRow, route: string): Promise<unknown> {
    return (await this.requestRun(run, route)).json();
  }

  private requestRun(run: RunRow, route: string, init: RequestInit = {}): Promise<Response> {
    return this.request(`runs/${encodeURIComponent(run.id)}/${route}`, { ...init, headers: { 'X-Wandb-Nb-Token': run.token } });
  }

  private async request(route: string, init: RequestInit = {}): Promise<Response> {
    const url = URLExt.join(this.settings.baseUrl, 'wandb-nb/v1', route);
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, init, this.settings);
    } catch {
      throw new RequestError(0, 'The Jupyter server is unreachable.');
    }
    if (!response.ok) throw new RequestError(response.status, await errorMessage(response));
    return response;
  }
}

async function errorMessage(response: Response): Promise<string> {
  const body = (await response.json().catch(() => null)) as { message?: unknown } | null;
  return typeof body?.message === 'string' && body.message !== '' ? body.message : `The server responded with status ${response.status}.`;
}
