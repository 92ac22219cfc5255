/** The API key, which must leave the process in its header only. */
import * as core from '@actions/core';
import { minSecretLength } from '../text/redact.ts';

/** A part of the key that is at least so long is kept back as well: it gives away too much of the rest. */
const minPartLength = 12;
/** Every part has a piece of this length that begins at a multiple of `stride` in the text around it. */
const pieceLength = 6;
const stride = minPartLength - pieceLength + 1;

let secret = '';
let parts: ReadonlySet<string> = new Set();
let pieces: ReadonlySet<string> = new Set();
/** 1 at the `pairAt` of every piece: most of a text is passed over without looking up a piece. */
let beginnings = new Uint8Array();

/** Has the runner mask the key in the log, and remembers it for what the runner does not mask. */
export function keepSecret(key: string): void {
  core.setSecret(key);
  secret = key.length >= minSecretLength ? key : '';
  parts = windowsOf(key, minPartLength);
  pieces = windowsOf(key, pieceLength);
  beginnings = new Uint8Array(2 ** 16);
  for (const piece of pieces) beginnings[pairAt(piece, 0)] = 1;
}

/** Two characters as one number below 2¹⁶, of which several pairs may have the same. */
function pairAt(text: string, at: number): number {
  return ((text.charCodeAt(at) << 8) ^ text.charCodeAt(at + 1)) & 0xffff;
}

/** All parts of a length. JSON sets quotes and backslashes apart, and must stay JSON without the part, so none has one. */
function windowsOf(key: string, length: number): ReadonlySet<string> {
  const words = key.split(/["\\]/);
  return new Set(
    words.flatMap((word) =>
      Array.from({ length: Math.max(0, word.length - length + 1) }, (_, at) => word.slice(at, at + length)),
    ),
  );
}

/** Whether a text has the key in it. */
export function holdsSecret(text: string): boolean {
  return secret !== '' && text.includes(secret);
}

/** A text for outputs, log, summary or GitHub, without the key and without longer parts of it. */
export function withoutSecret(text: string): string {
  return secret === '' ? text : withoutParts(text.replaceAll(secret, '***'));
}

/** Takes time in proportion to the text, whatever the key repeats. */
function withoutParts(text: string): string {
  const kept: string[] = [];
  let from = 0;
  for (let at = 0; at <= text.length - pieceLength; at += stride) {
    if (beginnings[pairAt(text, at)] === 0 || !pieces.has(text.slice(at, at + pieceLength))) continue;
    // The parts around this piece.
    for (let start = Math.max(0, at - stride + 1); start <= at; start += 1) {
      if (!parts.has(text.slice(start, start + minPartLength))) continue;
      if (start > from || kept.length === 0) kept.push(text.slice(from, start), '***');
      from = start + minPartLength;
    }
  }
  return kept.join('') + text.slice(from);
}
