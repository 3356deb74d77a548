import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { comparisonFromHttp, fromHttp } from '../wire/decode';
import type { Access, Comparison, Message, RangeRequest } from '../wire/messages';
import type { Transport } from './feed';
import { UnavailableError } from './feed';

/** Rows from the Jupyter server, which reads the run file. Works while the kernel is busy, dead or shut down. */
export class HttpTransport implements Transport {
  private readonly settings = ServerConnection.makeSettings();

  constructor(private readonly access: Access) {}

  async pull(cursor: string): Promise<Message> {
    const response = await this.request(`data?cursor=${encodeURIComponent(cursor)}`, { method: 'GET' });
    return fromHttp(await response.arrayBuffer());
  }

  async range(request: RangeRequest): Promise<Message> {
    const response = await this.request(`range?request=${encodeURIComponent(JSON.stringify(request))}`, { method: 'GET' });
    return fromHttp(await response.arrayBuffer());
  }

  async file(path: string): Promise<ArrayBuffer> {
    return (await this.request(`media?path=${encodeURIComponent(path)}`, { method: 'GET' })).arrayBuffer();
  }

  async stop(force: boolean): Promise<void> {
    const body = JSON.stringify({ kernel: this.access.kernel, force });
    await this.request('stop', { method: 'POST', body });
  }

  async earlierRuns(): Promise<Comparison> {
    const response = await this.request('ghosts', { method: 'GET' });
    return comparisonFromHttp(await response.arrayBuffer());
  }

  close(): void {
    // No connection is kept open.
  }

  private async request(route: string, init: RequestInit): Promise<Response> {
    const url = URLExt.join(this.settings.baseUrl, 'wandb-nb/v1/runs', encodeURIComponent(this.access.id));
    const headers = { 'X-Wandb-Nb-Token': this.access.token };
    const response = await ServerConnection.makeRequest(`${url}/${route}`, { ...init, headers }, this.settings);
    if (response.status === 404 || response.status === 403) throw new UnavailableError(`The server does not know this run (${response.status}).`);
    if (!response.ok) throw new Error(`The server responded with status ${response.status}.`);
    return response;
  }
}
