/**
 * Takes out of a JSON body what nobody reads, before it is decoded and parsed. Runs and Logs carry whole prompts, requests and
 * answers of models. To make text and objects of these, only to drop them, takes longer and needs more memory.
 *
 * What is left is limited, whatever a server sends: few bytes of JSON can become many bytes of objects.
 */
import { TooLarge, Unusable } from './answer.ts';

/**
 * The members to keep of the objects in a value, those in arrays included. `scalar` keeps text, a number, a boolean or null,
 * and `flat` an array of such as well. Other objects and arrays are kept empty.
 */
export type Shape = 'scalar' | 'flat' | { readonly [name: string]: Shape };

/** The shape that keeps what `T` names, and nothing else. */
export type ShapeOf<T> = unknown extends T
  ? 'flat'
  : T extends readonly (infer Item)[]
    ? ShapeOf<Item>
    : T extends object
      ? { readonly [Name in keyof T]-?: ShapeOf<Exclude<T[Name], null | undefined>> }
      : 'scalar';

/** Takes out of a body what is not read. It works in the memory of the body. */
export type Sift = (body: Buffer) => Buffer;

type Part = 'scalar' | 'flat' | ObjectPart;

interface ObjectPart {
  readonly members: readonly Member[];
  /** Objects that were sifted before; undefined if none is expected to come again. */
  readonly known: Known[] | undefined;
}

interface Member {
  readonly name: Buffer;
  readonly part: Part;
}

/** An object as it came, and what is left of it. */
interface Known {
  readonly whole: Buffer;
  readonly left: Buffer;
  /** How many values are left of it. */
  readonly values: number;
}

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const colon = 0x3a;
const lessThan = 0x3c;
const capitalI = 0x49;
const capitalN = 0x4e;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

const mebibyte = 2 ** 20;
/** Bytes that are left of a body. A page of a hundred Logs with twenty evaluators leaves about half a megabyte. */
const maxLeft = 16 * mebibyte;
/** Values that are left of a body: an empty object takes three bytes of JSON, and twenty times as many of memory. */
const maxValues = 1_000_000;
/** An answer that has another shape may say why. */
const reasons = { detail: 'scalar', message: 'scalar', error: 'scalar', title: 'scalar' } as const;
const shortText = 64;
/** So many objects of each kind are remembered, of so many bytes at most. */
const maxKnown = 16;
const maxKnownLength = 64 * 1024;
/** No name that is looked for is longer, spelled in escapes only. */
const maxEscapedName = 200;

/**
 * Makes a function that takes the members that `shape` does not name out of the objects of a JSON body, and returns the bytes
 * that are left. In UTF-8 nothing but punctuation has the bytes of punctuation, so bytes are all that it looks at.
 *
 * To parse what it returns gives the same as to parse the body, without these members and with nested values emptied. A body that
 * is not JSON stays so, unless the fault lies inside of a value that is taken out. NaN and Infinity, which Python writes, do not
 * matter there; in a `flat` value an empty object stands for them.
 * @param repeated names of members whose objects come again and again, whole: to recognise them takes less than to sift them
 * @throws {Unusable} if the body is not JSON and what is left of it would be, or NaN or Infinity is in a `scalar`
 * @throws {TooLarge} if too much is left
 */
export function createSieve(shape: Exclude<Shape, string>, repeated: readonly string[] = []): Sift {
  const root = partOf({ ...reasons, ...shape }, repeated);
  return (body) => {
    /** Bytes that are left so far, all at the front. What comes next is moved there when its end is known. */
    let left = 0;
    let next = 0;
    let values = 0;

    function drop(from: number, to: number): void {
      if (from > next) {
        body.copyWithin(left, next, from);
        left += from - next;
        if (left > maxLeft) throw new TooLarge(`has more than ${maxLeft / mebibyte} MiB that are read`);
      }
      next = to;
    }

    // Each of these takes the place where something starts, and returns the place behind it: a place that all of them shared would
    // take a fifth longer.

    /** @param name of the member that the value belongs to */
    function siftValue(part: Part, name: Buffer, before: number): number {
      values += 1;
      if (values > maxValues) throw new TooLarge(`has more than ${maxValues / 1_000_000} million values that are read`);
      const start = endOfSpace(body, before);
      const first = body[start];
      const isContainer = first === openBrace || first === openBracket;
      if (first === openBrace && typeof part === 'object')
        return part.known ? siftRepeated(part.members, part.known, start) : siftObject(part.members, start);
      if (first === openBracket && part !== 'scalar') return siftArray(part, name, start);
      return isContainer ? empty(start) : siftScalar(part === 'flat', name, start);
    }

    function empty(start: number): number {
      const end = endOfValue(body, start);
      drop(start + 1, end - 1);
      return end;
    }

    /** @param isAny whether it may be anything, a number that JSON cannot write too */
    function siftScalar(isAny: boolean, name: Buffer, start: number): number {
      const end = endOfValue(body, start);
      const first = body[start];
      if (first !== capitalN && first !== capitalI && !(first === minus && body[start + 1] === capitalI)) return end;
      const written = body.toString('latin1', start, Math.min(end, start + 20)).trim();
      if (!['NaN', 'Infinity', '-Infinity'].includes(written)) throw invalid();
      if (!isAny) throw new Unusable(`has ${written} as "${name}", which is no number in JSON`);
      body.fill(' ', start, end).write('{}', start);
      return end;
    }

    function siftArray(part: Part, name: Buffer, start: number): number {
      let at = endOfSpace(body, start + 1);
      if (body[at] === closeBracket) return at + 1;
      do {
        at = endOfSpace(body, at);
        // An array in an array is nothing that is looked for.
        at = endOfItem(body, siftValue(body[at] === openBracket ? 'scalar' : part, name, at), closeBracket);
      } while (body[at - 1] === comma);
      return at;
    }

    function siftRepeated(members: readonly Member[], known: Known[], start: number): number {
      const same = known.find(({ whole }) => isSameAt(whole, body, start));
      if (same) {
        drop(start, start + same.whole.length);
        same.left.copy(body, left);
        left += same.left.length;
        values += same.values;
        return next;
      }
      if (known.length === maxKnown) return siftObject(members, start);
      const length = endOfValue(body, start) - start;
      if (length > maxKnownLength) return siftObject(members, start);
      const whole = Buffer.from(body.subarray(start, start + length));
      drop(start, start);
      const [leftBefore, valuesBefore] = [left, values];
      const end = siftObject(members, start);
      drop(end, end);
      known.push({ whole, left: Buffer.from(body.subarray(leftBefore, left)), values: values - valuesBefore });
      return end;
    }

    function siftObject(members: readonly Member[], start: number): number {
      let at = endOfSpace(body, start + 1);
      if (body[at] === closeBrace) return at + 1;
      let isFirst = true;
      // Each member goes with the comma before it, and so does the comma before the first one that stays.
      let from = at;
      do {
        const name = endOfSpace(body, at);
        if (body[name] !== quote) throw invalid();
        const plainEnd = endOfPlainString(body, name);
        at = plainEnd ?? endOfString(body, name);
        const find = plainEnd === undefined ? findEscaped : findMember;
        const member = find(members, body, name, at);
        at = endOfSpace(body, at);
        if (body[at] !== colon) throw invalid();
        if (member) {
          if (isFirst) drop(from, name);
          isFirst = false;
          at = siftValue(member.part, member.name, at + 1);
        } else {
          at = endOfValue(body, at + 1);
          drop(from, at);
        }
        at = endOfItem(body, at, closeBrace);
        from = at - 1;
      } while (body[from] === comma);
      return at;
    }

    const start = endOfSpace(body, body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0);
    // Nothing, or a page in HTML: its beginning says which.
    if (start === body.length || body[start] === lessThan) return body.subarray(start, start + 1);
    drop(0, start);
    const end = siftValue(root, Buffer.from('answer'), start);
    if (endOfSpace(body, end) < body.length) throw invalid();
    drop(end, body.length);
    return body.subarray(0, left);
  };
}

function partOf(shape: Shape, repeated: readonly string[], name = ''): Part {
  if (typeof shape === 'string') return shape;
  const members = Object.entries(shape).map(([name, value]) => ({
    name: Buffer.from(name),
    part: partOf(value, repeated, name),
  }));
  return { members, known: repeated.includes(name) ? [] : undefined };
}

/** Whether the same object stands there. Where it would end is looked at first: it costs less than a whole comparison. */
function isSameAt(object: Buffer, json: Buffer, start: number): boolean {
  const end = start + object.length;
  return json[end - 1] === closeBrace && object.compare(json, start, end) === 0;
}

/** @param start of the name in its quotation marks, without escapes */
function findMember(members: readonly Member[], json: Buffer, start: number, end: number): Member | undefined {
  for (const member of members) if (isAt(member.name, json, start + 1, end - 1)) return member;
  return undefined;
}

/** @param start of the name in its quotation marks */
function findEscaped(members: readonly Member[], json: Buffer, start: number, end: number): Member | undefined {
  if (end - start - 2 > maxEscapedName) return undefined;
  const name = unescaped(json.toString('utf8', start, end));
  return members.find((member) => member.name.toString() === name);
}

/** @param json in its quotation marks */
function unescaped(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw invalid();
  }
}

function isAt(name: Buffer, json: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let index = 0; index < name.length; index++) if (name[index] !== json[start + index]) return false;
  return true;
}

/** The end of a string without escapes; undefined if it has one. Names have none as a rule, so that this is all that they take. */
function endOfPlainString(json: Buffer, start: number): number | undefined {
  for (let at = start + 1; at < json.length; at++) {
    const byte = json[at];
    if (byte === quote) return at + 1;
    if (byte === backslash) return undefined;
  }
  throw invalid();
}

/** @param start of the opening quotation mark */
function endOfString(json: Buffer, start: number): number {
  let at = start + 1;
  for (const end = Math.min(at + shortText, json.length); at < end; at++) {
    const byte = json[at];
    if (byte === quote) return at + 1;
    if (byte === backslash) at += 1;
  }
  // Whole prompts are searched natively. That takes longer to begin, and most texts are short.
  return endOfLongString(json, at);
}

/** @param start inside of the text, and not behind a backslash */
function endOfLongString(json: Buffer, start: number): number {
  for (let at = start; ; ) {
    const end = json.indexOf(quote, at);
    if (end < 0) throw invalid();
    let backslashes = 0;
    while (end - 1 - backslashes >= start && json[end - 1 - backslashes] === backslash) backslashes += 1;
    if (backslashes % 2 === 0) return end + 1;
    at = end + 1;
  }
}

/** @param start of the value, or of the space before it */
function endOfValue(json: Buffer, start: number): number {
  if (json[start] === quote) return endOfString(json, start);
  let depth = 0;
  for (let at = start; at < json.length; ) {
    const byte = json[at];
    if (byte === quote) {
      at = endOfString(json, at);
      if (depth === 0) return at;
      continue;
    }
    if (byte === openBrace || byte === openBracket) depth += 1;
    else if (byte === closeBrace || byte === closeBracket) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (byte === comma && depth === 0) return at;
    at += 1;
  }
  if (depth > 0) throw invalid();
  return json.length;
}

/** Goes behind the comma, or behind the bracket that ends what is gone through. */
function endOfItem(json: Buffer, start: number, bracket: number): number {
  const end = endOfSpace(json, start);
  if (json[end] !== comma && json[end] !== bracket) throw invalid();
  return end + 1;
}

function endOfSpace(json: Buffer, start: number): number {
  let at = start;
  while (isSpace(json[at])) at += 1;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  // Most bytes are no space, and the first comparison says so.
  return byte !== undefined && byte <= 0x20 && (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
}

function invalid(): Unusable {
  return new Unusable('is not valid JSON');
}
