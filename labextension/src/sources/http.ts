import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { comparisonFromHttp, fromHttp } from '../wire/decode';
import type { Access, Comparison, Message } from '../wire/messages';
import type { Transport } from './feed';
import { Gone } from './feed';

/** The Jupyter server reads the run file for us: works while the kernel is busy, dead or gone. */
export class HttpTransport implements Transport {
  private readonly settings = ServerConnection.makeSettings();

  constructor(private readonly access: Access) {}

  async pull(cursor: string): Promise<Message> {
    const response = await this.request(`data?cursor=${encodeURIComponent(cursor)}`, { method: 'GET' });
    return fromHttp(await response.arrayBuffer());
  }

  async stop(force: boolean): Promise<void> {
    const body = JSON.stringify({ kernel: this.access.kernel, force });
    await this.request('stop', { method: 'POST', body });
  }

  async ghosts(): Promise<Comparison> {
    const response = await this.request('ghosts', { method: 'GET' });
    return comparisonFromHttp(await response.arrayBuffer());
  }

  close(): void {
    // Requests end by themselves.
  }

  private async request(what: string, init: RequestInit): Promise<Response> {
    const url = URLExt.join(this.settings.baseUrl, 'wandb-nb/v1/runs', encodeURIComponent(this.access.id));
    const headers = { 'X-Wandb-Nb-Token': this.access.token };
    const response = await ServerConnection.makeRequest(`${url}/${what}`, { ...init, headers }, this.settings);
    if (response.status === 404 || response.status === 403) throw new Gone(`The server does not know this run (${response.status}).`);
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    return response;
  }
}
