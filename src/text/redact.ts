/** Blots the API key out of texts. */

/** A word shorter than this is no secret, and blotting it out would damage ordinary text. */
export const minSecretLength = 8;

/**
 * Makes a function that blots the key out of a raw body, also where JSON spells some of its characters as escapes.
 * Outputs, summaries and comments are not masked by the runner, so a key that a server echoes must not get in at all.
 */
export function keyRedactor(apiKey: string): (body: string) => string {
  if (apiKey.length < minSecretLength) return (body) => body;
  const spellings = new RegExp(Array.from(apiKey, spellingsInJson).join(''), 'gi');
  const escapes = /["\\/]/.test(apiKey) ? /\\(?:u00[2-7]|["\\/])/i : /\\u00[2-7]/i;
  return (body) => {
    // The pattern is slow, and few bodies have escapes that matter. What is not JSON spells the key as it is.
    const unescaped = escapes.test(body) ? body.replace(spellings, '***') : body;
    return unescaped.replaceAll(apiKey, '***');
  };
}

/** A pattern for the ways in which JSON can write a printable ASCII character. */
function spellingsInJson(character: string): string {
  const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
  const literal = { '"': '\\\\"', '\\': '\\\\\\\\', '/': '\\\\?/' }[character] ?? `\\x${hex}`;
  return `(?:${literal}|\\\\u00${hex})`;
}
