import { Blob as NodeBlob } from 'node:buffer';

globalThis.Blob = NodeBlob as typeof Blob; // that of jsdom cannot be read
