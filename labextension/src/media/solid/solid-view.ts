import { h } from '../../view/dom';
import type { Camera } from './draw-scene';
import { drawScene, project } from './draw-scene';
import { gltfMesh } from './gltf';
import { objMesh, stlMesh } from './meshes';
import { moleculeScene } from './molecule';
import { parseMolecule } from './molecule-files';
import { pointCloud } from './point-cloud';
import { Raster } from './raster';
import type { Scene } from './scene';
import { boundsOf } from './scene';
import { FrameTask } from '../../view/frame-task';

const HELP = 'Drag or use arrows to turn, + and − to zoom, 0 to reset';
const START: Camera = { yaw: -0.6, pitch: 0.45, zoom: 1 };
const TURN = 0.15;
const TURN_PER_PX = 0.008;
const ZOOM = 1.2;
const WHEEL_RATE = 0.0015;
const SLOW_FRAME_MS = 40;
const MAX_SIDE = 1600;

/** Read a 3D file by the suffix of its name. Throws if it is broken. */
export function readScene(bytes: ArrayBuffer, name: string): Scene {
  const suffix = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  const text = (): string => new TextDecoder().decode(bytes);
  if (name.endsWith('.pts.json')) return pointCloud(text());
  if (suffix === 'obj') return objMesh(text());
  if (suffix === 'stl') return stlMesh(bytes);
  if (suffix === 'glb' || suffix === 'gltf') return gltfMesh(bytes);
  return moleculeScene(parseMolecule(text(), suffix));
}

/** A scene that is turned by dragging and arrows, and zoomed by + and −, and by the wheel while it has the focus. */
export class SolidView {
  readonly element: HTMLElement;
  private readonly canvas = h('canvas', { 'aria-hidden': 'true' });
  private readonly resized: ResizeObserver;
  private camera: Camera = { ...START };
  private scene: Scene | null = null;
  private bounds = { centre: [0, 0, 0] as [number, number, number], radius: 1 };
  private raster: Raster | null = null;
  private readonly redraw = new FrameTask(() => this.draw());
  /** Pixels of the canvas per pixel of the page; less while a large scene is turned. */
  private detail = 1;

  constructor() {
    this.element = h('div', { class: 'wnb-orbit', tabindex: 0, role: 'img', title: HELP }, this.canvas);
    this.resized = new ResizeObserver(() => this.redraw.request());
    this.resized.observe(this.element);
    this.listen();
  }

  /** Show a scene from where the previous one was seen; `text` describes it. */
  show(scene: Scene, text: string): void {
    this.scene = scene;
    this.bounds = boundsOf(scene);
    this.element.setAttribute('aria-label', `${text}: ${scene.text}`);
    this.redraw.request();
  }

  /** Draw again, for another theme. */
  restyle(): void {
    this.redraw.request();
  }

  destroy(): void {
    this.resized.disconnect();
    this.redraw.destroy();
  }

  private draw(): void {
    const { scene, element } = this;
    if (scene === null || element.clientWidth === 0 || element.clientHeight === 0) return;
    const start = performance.now();
    const ratio = Math.min(devicePixelRatio, 2, MAX_SIDE / Math.max(element.clientWidth, element.clientHeight)) * this.detail;
    const [width, height] = [Math.ceil(element.clientWidth * ratio), Math.ceil(element.clientHeight * ratio)];
    if (this.raster?.width !== width || this.raster.height !== height) this.raster = new Raster(width, height);
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    const projected = project(scene, this.camera, this.bounds, width, height);
    drawScene(this.raster, scene, projected, this.bounds.radius);
    const context = this.canvas.getContext('2d')!;
    context.putImageData(this.raster.image, 0, 0);
    this.drawLabels(context, scene, projected, ratio);
    element.dataset.drawn = scene.text;
    element.title = this.raster.isComplete ? HELP : `Too many parts overlap: not all are drawn. ${HELP}`;
    if (performance.now() - start > SLOW_FRAME_MS && this.detail === 1 && element.matches(':active')) this.detail = 0.5;
  }

  private drawLabels(context: CanvasRenderingContext2D, { labels }: Scene, projected: Float32Array, ratio: number): void {
    context.font = `${12 * ratio}px system-ui, sans-serif`;
    context.fillStyle = getComputedStyle(this.element).color;
    for (const { at, text } of labels) if (projected[3 * at + 2]! > 0) context.fillText(text, projected[3 * at]! + 3 * ratio, projected[3 * at + 1]! - 3 * ratio);
  }

  private turn(yaw: number, pitch: number): void {
    this.camera.yaw += yaw;
    this.camera.pitch = Math.max(-1.55, Math.min(1.55, this.camera.pitch + pitch));
    this.redraw.request();
  }

  private zoom(factor: number): void {
    this.camera.zoom = Math.max(0.2, Math.min(20, this.camera.zoom * factor));
    this.redraw.request();
  }

  private reset(): void {
    this.camera = { ...START };
    this.redraw.request();
  }

  private listen(): void {
    const { element } = this;
    element.addEventListener('pointerdown', (event) => element.setPointerCapture(event.pointerId));
    element.addEventListener('pointermove', (event) => {
      if (element.hasPointerCapture(event.pointerId)) this.turn(event.movementX * -TURN_PER_PX, event.movementY * TURN_PER_PX);
    });
    element.addEventListener('lostpointercapture', () => {
      this.detail = 1;
      this.redraw.request();
    });
    element.addEventListener('dblclick', () => this.reset());
    element.addEventListener('wheel', (event) => {
      if (document.activeElement !== element) return; // the page scrolls past it
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * WHEEL_RATE));
    }, { passive: false });
    element.addEventListener('keydown', (event) => this.handleKey(event));
  }

  private handleKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys: Record<string, () => void> = {
      ArrowLeft: () => this.turn(-TURN, 0), ArrowRight: () => this.turn(TURN, 0), ArrowUp: () => this.turn(0, TURN), ArrowDown: () => this.turn(0, -TURN),
      '+': () => this.zoom(ZOOM), '=': () => this.zoom(ZOOM), '-': () => this.zoom(1 / ZOOM), 0: () => this.reset(),
    };
    const action = keys[event.key];
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }
}
