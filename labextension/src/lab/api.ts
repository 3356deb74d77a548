import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { fromHttp } from '../wire/decode';
import type { CellInfo, Message } from '../wire/messages';

/** One run of the list. Times in unix seconds; `notebook` and `folder` are paths below the server's root, or null. */
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
  folder: string | null;
  registered: boolean;
}

/** What changed in the list after the answer of an earlier `version`. */
export interface Changes {
  version: string;
  whole: boolean;
  rows: RunRow[];
  gone: string[];
  searching: boolean;
  complete: boolean;
}

/** What a run looks like by its file: one metric's curve in a few points, and how far it is. */
export interface Look {
  state: string;
  step: number;
  rows: number;
  runtime: number;
  metric: string;
  latest: number | null;
  curve: (number | null)[];
}

export interface FileFacts {
  path: string;
  size: number;
}

export interface Preview {
  text: string | null;
  cut: boolean;
  size: number;
}

/** The server refused, or has no such route; `status` 0 where it was not reached. */
export class Refused extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** The Jupyter server's routes for runs. */
export class RunsApi {
  private readonly settings = ServerConnection.makeSettings();

  async changes(since: string, search: boolean): Promise<Changes> {
    return (await this.ask(`runs?since=${encodeURIComponent(since)}${search ? '&search=1' : ''}`)).json() as Promise<Changes>;
  }

  async looks(keys: string[]): Promise<Record<string, Look>> {
    const answer = (await (await this.ask('looks', { method: 'POST', body: JSON.stringify({ keys }) })).json()) as { looks: Record<string, Look> };
    return answer.looks;
  }

  async files(run: RunRow): Promise<FileFacts[]> {
    return ((await this.detail(run, 'files')) as { files: FileFacts[] }).files;
  }

  async console(run: RunRow): Promise<{ text: string; cut: boolean }> {
    return ((await this.detail(run, 'console')) as { console: { text: string; cut: boolean } }).console;
  }

  async code(run: RunRow): Promise<{ cells: CellInfo[]; files: FileFacts[] }> {
    return ((await this.detail(run, 'code')) as { code: { cells: CellInfo[]; files: FileFacts[] } }).code;
  }

  async preview(run: RunRow, path: string): Promise<Preview> {
    return (await this.detail(run, `file?path=${encodeURIComponent(path)}`)) as Preview;
  }

  async download(run: RunRow, path: string): Promise<Blob> {
    return (await this.of(run, `file?path=${encodeURIComponent(path)}&download=1`)).blob();
  }

  async system(run: RunRow): Promise<Message> {
    return fromHttp(await (await this.of(run, 'system')).arrayBuffer());
  }

  async delete(run: RunRow): Promise<void> {
    await this.of(run, 'delete', { method: 'POST', body: '{}' });
  }

  private async detail(run: RunRow, what: string): Promise<unknown> {
    return (await this.of(run, what)).json();
  }

  private of(run: RunRow, what: string, init: RequestInit = {}): Promise<Response> {
    return this.ask(`runs/${encodeURIComponent(run.id)}/${what}`, { ...init, headers: { 'X-Wandb-Nb-Token': run.token } });
  }

  private async ask(what: string, init: RequestInit = {}): Promise<Response> {
    const url = URLExt.join(this.settings.baseUrl, 'wandb-nb/v1', what);
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, init, this.settings);
    } catch {
      throw new Refused(0, 'The Jupyter server is not reachable.');
    }
    if (!response.ok) throw new Refused(response.status, await reason(response));
    return response;
  }
}

async function reason(response: Response): Promise<string> {
  const answer = (await response.json().catch(() => null)) as { message?: unknown } | null;
  return typeof answer?.message === 'string' && answer.message !== '' ? answer.message : `The server answered ${response.status}.`;
}
