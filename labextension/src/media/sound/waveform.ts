const DECODING_RATE = 22_050;
/** A longer sound is not decoded: a small file can have hours, and all of them would be in memory. */
const MAX_DECODED_SECONDS = 600;

/** The lowest and the highest sample of each part of a sound, from -1 to 1. */
export interface Waveform {
  lows: Float32Array;
  highs: Float32Array;
  seconds: number;
}

/** Whether a sound of this length, as its player reports it, may be decoded; not if the length is unknown. */
export function isDecodable(seconds: number): boolean {
  return seconds <= MAX_DECODED_SECONDS;
}

/** The length that a player reports for its new source, in seconds; NaN if it cannot play it. */
export function soundSeconds(player: HTMLMediaElement): Promise<number> {
  return new Promise((resolve) => {
    for (const type of ['loadedmetadata', 'error']) player.addEventListener(type, () => resolve(player.duration), { once: true });
  });
}

/** Decode a sound, and keep the extremes of `parts` parts only. Rejects if the browser cannot decode it. */
export async function decodeWaveform(bytes: ArrayBuffer, parts: number): Promise<Waveform> {
  const context = new OfflineAudioContext(1, 1, DECODING_RATE); // needs no permission to play
  const buffer = await context.decodeAudioData(bytes);
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, i) => buffer.getChannelData(i));
  return { ...extremes(channels, parts), seconds: buffer.duration };
}

/** The extremes of all channels in `parts` parts of equal length. */
export function extremes(channels: Float32Array[], parts: number): { lows: Float32Array; highs: Float32Array } {
  const [lows, highs] = [new Float32Array(parts), new Float32Array(parts)];
  const length = channels[0]?.length ?? 0;
  for (let part = 0; part < parts; part++) {
    const start = Math.floor((part * length) / parts);
    const end = Math.max(start + 1, Math.floor(((part + 1) * length) / parts));
    for (const samples of channels) {
      for (let i = start; i < Math.min(end, length); i++) {
        if (samples[i]! < lows[part]!) lows[part] = samples[i]!;
        if (samples[i]! > highs[part]!) highs[part] = samples[i]!;
      }
    }
  }
  return { lows, highs };
}
