/*!
Contains Vega and Vega-Lite:

Copyright (c) 2015-2023, University of Washington Interactive Data Lab
All rights reserved.

Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this
   list of conditions and the following disclaimer.

2. Redistributions in binary form must reproduce the above copyright notice,
   this list of conditions and the following disclaimer in the documentation
   and/or other materials provided with the distribution.

3. Neither the name of the copyright holder nor the names of its contributors
  may be used to endorse or promote products derived from this software
  without specific prior written permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"
AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT OWNER OR CONTRIBUTORS BE LIABLE
FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.

Contains D3, Copyright (c) Mike Bostock, under the ISC license: permission to use, copy, modify, and/or distribute this software
for any purpose with or without fee is granted, provided that the above copyright notice and this permission notice appear in all
copies. The software is provided "as is" without warranty of any kind.
*/
import type { Config, Loader, Spec } from 'vega';
import { parse, View } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import type { TopLevelSpec } from 'vega-lite';
import { compile } from 'vega-lite';
import { limitFormats } from './format-limits';
import { limitPatterns } from './pattern-limits';
import { limitTransforms } from './run-limits';

limitFormats();
limitPatterns();
limitTransforms();

/** The colours of the page that a chart is drawn for. */
export interface VegaColours {
  ink: string;
  muted: string;
  grid: string;
}

/** A drawn chart. */
export interface DrawnVega {
  /** Free its listeners. */
  finalize(): void;
  toSvg(): Promise<string>;
}

/** The module that is loaded with the first chart of a user's own spec. */
export interface VegaModule {
  drawVega(host: HTMLElement, spec: Record<string, unknown>, colours: VegaColours, size: VegaSize): Promise<DrawnVega>;
}

/** The size that a chart may take, in pixels. */
export interface VegaSize {
  width: number;
  height: number;
}

/**
 * What a chart may listen to and change beside its own drawing: the end of a drag outside of it. Its inputs stay below it, and
 * nothing in it moves by itself.
 */
const EVENTS: Config['events'] = { bind: 'container', selector: false, timer: false, globalCursor: false, window: ['mousemove', 'mouseup', 'pointermove', 'pointerup', 'touchmove', 'touchend', 'resize'] };
const OFFLINE = 'it wants data from a server';

/** Draw a Vega or Vega-Lite spec. Expressions are interpreted, so that no code is made of them. Rejects if it is not a chart. */
export async function drawVega(host: HTMLElement, spec: Record<string, unknown>, colours: VegaColours, size: VegaSize): Promise<DrawnVega> {
  const problems: string[] = [];
  let stopAtProblem = (): void => undefined;
  const logger = silentLogger((problem) => {
    problems.push(problem);
    stopAtProblem();
  });
  const vega = isLite(spec) ? compile(fitted(spec, size) as unknown as TopLevelSpec, { logger }).spec : (spec as Spec);
  const runtime = parse(vega, themed(colours), { ast: true });
  const view = new View({ ...runtime, eventConfig: EVENTS }, { expr: expressionInterpreter, loader: noLoader(problems), logger, renderer: 'canvas' } as ConstructorParameters<typeof View>[1]);
  await view.initialize(host).runAsync();
  if (problems.length > 0) {
    view.finalize();
    throw new Error(problems[0]);
  }
  stopAtProblem = () => void view.finalize(); // no second chance for a timer or a signal that takes too long
  return { finalize: () => void view.finalize(), toSvg: () => view.toSVG() };
}

/** A loader without network and files: whatever a spec wants from elsewhere is a problem. */
function noLoader(problems: string[]): Loader {
  const refuse = (): Promise<never> => {
    problems.push(OFFLINE);
    return Promise.reject(new Error(OFFLINE));
  };
  return { options: {}, load: refuse, http: refuse, file: refuse, sanitize: () => Promise.reject(new Error('links are not followed')) } as unknown as Loader;
}

/** A single chart of Vega-Lite that leaves its size open, in this size. */
function fitted(spec: Record<string, unknown>, { width, height }: VegaSize): Record<string, unknown> {
  const isSingle = 'mark' in spec || 'layer' in spec;
  return !isSingle || 'width' in spec || 'height' in spec ? spec : { ...spec, width, height, autosize: { type: 'fit', contains: 'padding' } };
}

/** Vega needs marks at the top, Vega-Lite has one mark, or layers and the like. */
function isLite({ $schema, marks }: Record<string, unknown>): boolean {
  return typeof $schema === 'string' ? $schema.includes('vega-lite') : !Array.isArray(marks);
}

function themed({ ink, muted, grid }: VegaColours): Config {
  const axis = { domainColor: muted, tickColor: muted, gridColor: grid, labelColor: muted, titleColor: ink };
  return { background: 'transparent', axis, legend: { labelColor: muted, titleColor: ink }, title: { color: ink, subtitleColor: muted }, style: { cell: { stroke: grid } } } as unknown as Config;
}

/** Reports errors instead of printing them. */
function silentLogger(report: (problem: string) => void): NonNullable<Parameters<typeof compile>[1]>['logger'] {
  const add = (...args: readonly unknown[]): unknown => {
    report(args.map((one) => (one instanceof Error ? one.message : String(one))).join(' '));
    return logger;
  };
  const logger = { level: () => logger, error: add, warn: () => logger, info: () => logger, debug: () => logger };
  return logger as unknown as NonNullable<Parameters<typeof compile>[1]>['logger'];
}
