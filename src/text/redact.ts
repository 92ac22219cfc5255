/** Removes the API key from texts. */

/** A word shorter than this is no secret, and removing it would damage ordinary text. */
export const minSecretLength = 8;

/**
 * Makes a function that removes the key from a raw body, also if JSON spells some of its characters as escapes.
 * Outputs, summaries and comments are not masked by the runner, so a key that a server echoes must not get in at all.
 *
 * It takes time in proportion to the body, whatever the key repeats.
 */
export function keyRedactor(apiKey: string): (body: string) => string {
  if (apiKey.length < minSecretLength) return (body) => body;
  const borders = bordersOf(apiKey);
  const beginning = apiKey.slice(0, minSecretLength);
  const escapes = /["\\/]/.test(apiKey) ? /\\(?:u00[2-7]|["\\/])/ : /\\u00[2-7]/;
  return (body) => {
    // The search is slow, and few bodies have escapes that matter, or the key. What is not JSON spells the key as it is.
    const unescaped = escapes.test(body) ? withoutKey(body, apiKey, borders, true) : body;
    return unescaped.includes(beginning) ? withoutKey(unescaped, apiKey, borders, false) : unescaped;
  };
}

/** For each beginning of a text, the length of the longest shorter beginning that it also ends with. */
function bordersOf(text: string): number[] {
  const borders = [0];
  for (let at = 1, length = 0; at < text.length; at++) {
    while (length > 0 && text[at] !== text[length]) length = borders[length - 1] ?? 0;
    if (text[at] === text[length]) length += 1;
    borders.push(length);
  }
  return borders;
}

/**
 * Searches as Knuth, Morris and Pratt do (SIAM J. Comput. 6, 1977): no character is looked at twice.
 * @param escaped whether the body is JSON, whose escapes stand for a character each
 */
function withoutKey(body: string, key: string, borders: readonly number[], escaped: boolean): string {
  /** Where each of the latest characters began: an escape has several. */
  const starts = new Uint32Array(key.length);
  const pieces: string[] = [];
  let kept = 0;
  let matched = 0;
  for (let at = 0, read = 0; at < body.length; read++) {
    starts[read % key.length] = at;
    let character = body.charCodeAt(at);
    let length = 1;
    if (escaped && character === backslash) {
      length = escapeLength(body, at);
      character = escapedCharacter(body, at, length);
    }
    at += length;
    while (matched > 0 && character !== key.charCodeAt(matched)) matched = borders[matched - 1] ?? 0;
    if (character === key.charCodeAt(matched)) matched += 1;
    if (matched < key.length) continue;
    pieces.push(body.slice(kept, starts[(read + 1) % key.length]), '***');
    kept = at;
    matched = 0;
  }
  return kept === 0 ? body : pieces.join('') + body.slice(kept);
}

const backslash = 0x5c;
const letterU = 0x75;

/** How many characters an escape of JSON has. */
function escapeLength(body: string, at: number): number {
  return body.charCodeAt(at + 1) === letterU ? 6 : 2;
}

/** The code of the character that an escape stands for; NaN for one that no key has, such as a line break. */
function escapedCharacter(body: string, at: number, length: number): number {
  if (length === 6) return Number.parseInt(body.slice(at + 2, at + 6), 16);
  const character = body[at + 1] ?? '';
  return '"\\/'.includes(character) ? body.charCodeAt(at + 1) : Number.NaN;
}
