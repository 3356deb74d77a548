import type { MediaFile } from '../../wire/messages';
import type { LayerChoices } from '../layers/layer-choices';
import type { MediaFiles } from '../media-files';

/** One picture, where its file comes from, and what it is in words. */
export interface Picture {
  file: MediaFile;
  files: MediaFiles;
  text: string;
  /** The step, and the run if several are compared. */
  origin: string;
}

/** A picture that another one can be compared with. */
export interface Candidate {
  name: string;
  /** Null where there is none at this step. */
  picture: Picture | null;
}

/** The pictures of a card, as its enlarged view shows them. */
export interface PictureSource {
  title: string;
  choices: LayerChoices;
  /** The pictures at the chosen step, as far as they are here. */
  pictures(): Picture[];
  /** How many pictures there are, also those whose files are not here yet. */
  readonly total: number;
  /** Request the pictures after a place, if they are not here yet. */
  loadAround(place: number): void;
  /** What the picture at a place can be compared with; the names are the same at all steps. */
  candidates(place: number): Candidate[];
  /** Handle the keys that move through the steps. */
  moveByKey(event: KeyboardEvent): void;
  /** The enlarged view was closed. */
  closed(): void;
}
