/** With another seed come other ids and other data, and perhaps another verdict on a Run that is close to one. */
const seed = 0x67c95957;

// Looking it up in the global object for each character would take most of the time in a test.
const { imul } = Math;

/** 32 bits of a key: FNV-1a, then the finalizer of MurmurHash3, so that similar keys have nothing in common. */
function hash(key: string): number {
  let bits = seed;
  for (let index = 0; index < key.length; index++) bits = imul(bits ^ key.charCodeAt(index), 0x01000193);
  bits = imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/**
 * A number in [0, 1) that depends on nothing but its key. Unlike the next number of a generator, it stays the same when
 * other numbers are drawn before it.
 */
export function chance(key: string): number {
  return hash(key) / 2 ** 32;
}

export type NonEmpty<T> = readonly [T, ...T[]];

/** The element that the key picks; all have the same chance. */
export function pick<T>(key: string, list: NonEmpty<T>): T {
  return list[Math.floor(chance(key) * list.length)] ?? list[0];
}

/** An id in the manner of Humanloop: a prefix for the kind of resource, then letters and digits. */
export function makeId(prefix: string, key: string): string {
  const digits = (half: 'high' | 'low') => hash(`${half}/${prefix}/${key}`).toString(36).padStart(7, '0');
  return `${prefix}_${digits('high')}${digits('low')}`;
}
