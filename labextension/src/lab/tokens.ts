import { LabIcon } from '@jupyterlab/ui-components';

/** The ids of the commands. */
export const CommandIds = {
  show: 'wandb-nb:show-runs',
  refresh: 'wandb-nb:refresh-runs',
  open: 'wandb-nb:open-run',
  overlay: 'wandb-nb:overlay-runs',
  notebook: 'wandb-nb:open-notebook',
  delete: 'wandb-nb:delete-run',
} as const;

export const COMMAND_CATEGORY = 'Runs (wandb_nb)';

/** The icon: two curves in a plot. */
export const runsIcon = new LabIcon({
  name: 'wandb-nb:runs',
  // Drawn with strokes: JupyterLab's icon classes recolour strokes, and would fill shapes that have a `fill`.
  svgstr: '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16"><g class="jp-icon3" style="fill: none" '
    + 'stroke="#616161" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round"><path d="M2 2v12h12"/>'
    + '<path d="M4.5 4.5c1.2 4.6 3.6 6.2 9 6.5"/><path d="M4.5 11.5c2.2-.3 3.2-5.6 9-6.6"/></g></svg>',
});
