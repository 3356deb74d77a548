import { formatDuration } from '../../model/format';
import { h } from '../../view/dom';
import type { MediaFile } from '../../wire/messages';
import type { MediaContent } from '../media-content';
import type { MediaFiles } from '../media-files';
import type { Waveform } from './waveform';
import { decodeWaveform, isDecodable, soundSeconds } from './waveform';

const PARTS = 600;
const SEEK_PART = 0.05;
const BAR_PX = 2;

/** A sound as a waveform that is played from where it is clicked, above the browser's player. */
export class SoundContent implements MediaContent {
  readonly element: HTMLElement;
  private readonly player = h('audio', { controls: true, preload: 'metadata' });
  private readonly canvas = h('canvas', { 'aria-hidden': 'true' });
  private readonly wave: HTMLElement;
  private readonly resized: ResizeObserver;
  private waveform: Waveform | null = null;
  private used: string | null = null;
  private frame = 0;

  constructor(private readonly files: MediaFiles) {
    this.wave = h('div', { class: 'wnb-wave', tabindex: 0, role: 'slider', 'aria-valuemin': 0, 'aria-valuenow': 0, hidden: true, title: 'Click or use arrows to seek, Space to play' }, this.canvas);
    this.element = h('div', { class: 'wnb-media-sound' }, this.wave, this.player);
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.wave);
    this.listen();
  }

  async show({ path }: MediaFile, text: string): Promise<void> {
    this.release();
    this.used = path;
    const url = await this.files.use(path);
    if (this.used !== path) return;
    const seconds = soundSeconds(this.player);
    this.player.src = url;
    this.player.setAttribute('aria-label', text);
    this.wave.setAttribute('aria-label', `Position in ${text}`);
    const isShort = isDecodable(await seconds);
    if (this.used !== path) return;
    const waveform = isShort ? await decodeWaveform(await this.files.bytes(path), PARTS).catch(() => null) : null; // the player may know the format
    if (this.used !== path) return;
    this.waveform = waveform;
    this.wave.hidden = waveform === null;
    this.draw();
  }

  restyle(): void {
    this.draw();
  }

  destroy(): void {
    this.release();
    this.player.pause();
    this.resized.disconnect();
    cancelAnimationFrame(this.frame);
  }

  private release(): void {
    if (this.used !== null) this.files.release(this.used);
    this.used = null;
  }

  private listen(): void {
    const { player, wave } = this;
    const seek = (event: PointerEvent): void => {
      const box = wave.getBoundingClientRect();
      this.seek((event.clientX - box.left) / box.width);
    };
    wave.addEventListener('pointerdown', (event) => {
      wave.setPointerCapture(event.pointerId);
      seek(event);
    });
    wave.addEventListener('pointermove', (event) => wave.hasPointerCapture(event.pointerId) && seek(event));
    wave.addEventListener('keydown', (event) => this.handleKey(event));
    for (const type of ['play', 'pause', 'seeked', 'ended', 'loadedmetadata'] as const) player.addEventListener(type, () => this.draw());
  }

  private handleKey(event: KeyboardEvent): void {
    const part = this.part;
    const keys: Record<string, () => void> = {
      ' ': () => this.toggle(), Enter: () => this.toggle(), Home: () => this.seek(0), End: () => this.seek(1),
      ArrowLeft: () => this.seek(part - SEEK_PART), ArrowRight: () => this.seek(part + SEEK_PART),
    };
    const action = keys[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  private toggle(): void {
    if (this.player.paused) void this.player.play().catch(() => undefined); // the browser shows why
    else this.player.pause();
  }

  private seek(part: number): void {
    if (this.waveform === null) return;
    this.player.currentTime = Math.max(0, Math.min(1, part)) * this.waveform.seconds;
    this.draw();
  }

  /** The position, in parts of the sound. */
  private get part(): number {
    return this.waveform === null ? 0 : Math.min(1, this.player.currentTime / (this.waveform.seconds || 1));
  }

  /** Draw bars, those that were played in the accent colour; again with each frame while it plays. */
  private draw(): void {
    cancelAnimationFrame(this.frame);
    const { waveform, canvas, wave } = this;
    if (waveform === null || wave.clientWidth === 0) return;
    canvas.width = Math.round(wave.clientWidth * devicePixelRatio);
    canvas.height = Math.round(wave.clientHeight * devicePixelRatio);
    this.drawBars(canvas.getContext('2d')!, waveform, canvas.width, canvas.height);
    wave.setAttribute('aria-valuemax', String(waveform.seconds));
    wave.setAttribute('aria-valuenow', String(this.player.currentTime));
    wave.setAttribute('aria-valuetext', `${formatDuration(this.player.currentTime)} of ${formatDuration(waveform.seconds)}`);
    if (!this.player.paused) this.frame = requestAnimationFrame(() => this.draw());
  }

  private drawBars(context: CanvasRenderingContext2D, { lows, highs }: Waveform, width: number, height: number): void {
    const style = getComputedStyle(this.wave);
    const [ink, soft] = [style.getPropertyValue('--wnb-accent'), style.getPropertyValue('--wnb-soft')];
    const bar = BAR_PX * devicePixelRatio;
    const count = Math.max(1, Math.floor(width / (1.5 * bar)));
    for (let i = 0; i < count; i++) {
      const [start, end] = [Math.floor((i * PARTS) / count), Math.max(Math.floor((i * PARTS) / count) + 1, Math.floor(((i + 1) * PARTS) / count))];
      const low = Math.min(...lows.subarray(start, end));
      const high = Math.max(...highs.subarray(start, end));
      context.fillStyle = i / count < this.part ? ink : soft;
      context.fillRect(i * 1.5 * bar, (height / 2) * (1 - high), bar, Math.max(1, (height / 2) * (high - low)));
    }
  }
}
