import type { RunInfo, VersionInfo } from '../wire/messages';

/** A point of a run: its step, its attempt, and the first step of that attempt. */
export interface RunPoint {
  step: number;
  attempt: number;
  attemptStart: number;
}

/**
 * The artifacts that a run had logged at a point: of each the newest version, the last one logged first. What an earlier
 * attempt logged counts up to the step from which the point's attempt started.
 */
export function versionsAt(versions: readonly VersionInfo[], point: RunPoint): VersionInfo[] {
  const newest = new Map<string, VersionInfo>();
  for (const version of versions) {
    if (!precedes(version, point)) continue;
    const name = artifactName(version);
    newest.delete(name);
    newest.set(name, version);
  }
  return [...newest.values()].reverse();
}

/** The name of a version without its number. */
export function artifactName({ name }: VersionInfo): string {
  return name.replace(/:v\d+$/, '');
}

/** The page of a version, if its address is a path on the server of this page: a saved output may name any address. */
export function pageOf({ url }: VersionInfo): string | null {
  return url !== null && /^\/[^/\\]/.test(url) ? url : null;
}

/** The magic that shows a version in a notebook; null for a name that the package does not give, since it is copied into a cell. */
export function magicOf({ name }: VersionInfo, run: RunInfo | null): string | null {
  if (!/^[\w.-]+:v\d+$/.test(name)) return null;
  const parts = [run?.entity, run?.project].filter((part) => part !== undefined && part !== '');
  const path = parts.every((part) => /^[\w.-]+$/.test(part!)) && run?.project ? [...parts, name] : [name];
  return `%wandb artifact ${path.join('/')}`;
}

function precedes({ step, attempt }: VersionInfo, point: RunPoint): boolean {
  if (attempt !== null && attempt > point.attempt) return false;
  if (step === null) return true;
  return attempt === null || attempt === point.attempt ? step <= point.step : step < point.attemptStart;
}
