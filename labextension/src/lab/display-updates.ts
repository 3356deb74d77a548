import { accesses } from '../wire/decode';
import type { NotebookContent, Output } from './notebook-outputs';
import { outputsOf } from './notebook-outputs';

/** The content of an `update_display_data` message. */
export interface DisplayUpdate { data: Record<string, unknown>; metadata: Record<string, unknown>; transient?: { display_id?: string } }

const DISPLAY_PREFIX = 'wandb-nb-'; // of the ids that notebook/panel/panel_output.py gives

/**
 * Apply a kernel's update of one of our outputs, if the page has not: it knows no output that was displayed before the
 * page was loaded, such as those of a cell that was running then.
 */
export function applyUpdate(notebook: NotebookContent, { data, metadata, transient }: DisplayUpdate): void {
  const id = transient?.display_id;
  for (const output of notebook.widgets.flatMap(outputsOf)) {
    if (id === displayId(output) && JSON.stringify(output.data) !== JSON.stringify(data)) output.setData({ data, metadata });
  }
}

/** The ids of our outputs that the kernel has displayed. */
export function displayedBy(notebook: NotebookContent, kernel: string): string[] {
  const outputs = notebook.widgets.flatMap(outputsOf).filter(({ data }) => accesses(data).some((access) => access.kernel === kernel));
  return outputs.map(displayId).filter((id) => id !== undefined);
}

function displayId({ metadata }: Output): string | undefined {
  const { display_id: id } = (metadata.wandb_nb ?? {}) as { display_id?: unknown };
  return typeof id === 'string' && id.startsWith(DISPLAY_PREFIX) ? id : undefined;
}
