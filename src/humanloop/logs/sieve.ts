/**
 * Takes out of a JSON body what nobody reads, before it is decoded and parsed. Logs carry whole prompts, requests and
 * answers of models: to make text and objects of these, only to drop them, takes longer and fills the memory.
 */
import { Unusable } from '../answer.ts';

/** The members to keep of the objects in a value, those in arrays included. `true` keeps a value as it is. */
export type Shape = true | { readonly [name: string]: Shape };

/** The shape that keeps what `T` names, and nothing else. */
export type ShapeOf<T> = unknown extends T
  ? true
  : T extends readonly (infer Item)[]
    ? ShapeOf<Item>
    : T extends object
      ? { readonly [Name in keyof T]-?: ShapeOf<Exclude<T[Name], null | undefined>> }
      : true;

interface Member {
  readonly name: Buffer;
  /** Undefined where the value is kept as it is. */
  readonly members: readonly Member[] | undefined;
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Makes a function that takes the members that `shape` does not name out of the objects of a JSON body, and returns the bytes
 * that are left. In UTF-8 nothing but punctuation has the bytes of punctuation, so bytes are all that it looks at.
 *
 * To parse what it returns gives the same as to parse the body, without these members. A body that is not JSON stays so,
 * unless the fault lies inside of a value that is taken out. A member whose name has escapes in it is kept.
 * The function takes a body in pieces, and uses them up. It keeps its memory from one body to the next: what it returns holds
 * until then.
 * @throws {Unusable} where the body is not JSON, and what is left of it would be
 */
export function createSieve(shape: Shape): (chunks: readonly Uint8Array[]) => Buffer {
  const root = membersOf(shape) ?? [];
  let workbench = Buffer.alloc(0);
  return (chunks) => {
    const size = chunks.reduce((sum, { length }) => sum + length, 0);
    if (size > workbench.length) workbench = Buffer.allocUnsafe(size);
    const body = workbench.subarray(0, size);
    let filled = 0;
    for (const chunk of chunks) {
      body.set(chunk, filled);
      filled += chunk.length;
      giveBack(chunk);
    }

    let at = 0;
    /** Bytes that are left so far, all at the front. What comes next is moved there when its end is known. */
    let left = 0;
    let next = 0;

    function drop(from: number, to: number): void {
      if (from > next) {
        body.copyWithin(left, next, from);
        left += from - next;
      }
      next = to;
    }

    function skipSpace(): number | undefined {
      while (isSpace(body[at])) at += 1;
      return body[at];
    }

    function siftValue(members: readonly Member[] | undefined): void {
      const first = skipSpace();
      if (members && first === openBrace) siftObject(members);
      else if (members && first === openBracket) siftArray(members);
      else at = endOfValue(body, at);
    }

    function siftArray(members: readonly Member[]): void {
      at += 1;
      if (skipSpace() === closeBracket) {
        at += 1;
        return;
      }
      do {
        if (skipSpace() === openBrace) siftObject(members);
        else at = endOfValue(body, at);
      } while (goesOn(closeBracket));
    }

    function siftObject(members: readonly Member[]): void {
      at += 1;
      if (skipSpace() === closeBrace) {
        at += 1;
        return;
      }
      let isFirst = true;
      // Each member goes with the comma before it, and so does the comma before the first one that stays.
      for (let from = at; ; from = at - 1) {
        if (skipSpace() !== quote) throw invalid();
        const name = at;
        at = endOfString(body, name);
        const member = findMember(members, body, name + 1, at - 1);
        if (skipSpace() !== colon) throw invalid();
        at += 1;
        if (member) {
          if (isFirst) drop(from, name);
          isFirst = false;
          siftValue(member.members);
        } else {
          at = endOfValue(body, at);
          drop(from, at);
        }
        if (!goesOn(closeBrace)) return;
      }
    }

    /** Goes behind the comma, or behind the bracket that ends what is gone through. */
    function goesOn(end: number): boolean {
      const byte = skipSpace();
      at += 1;
      if (byte !== comma && byte !== end) throw invalid();
      return byte === comma;
    }

    if (skipSpace() === openBrace) siftObject(root);
    drop(body.length, body.length);
    return body.subarray(0, left);
  };
}

/**
 * Frees the memory of a piece at once, if the piece is all that is in it. Otherwise it would be freed with the next garbage
 * collection; and as little else becomes garbage, that comes late, when tens of megabytes have come together.
 */
function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (buffer.byteLength === byteLength && 'transfer' in buffer) buffer.transfer(0);
}

function membersOf(shape: Shape): readonly Member[] | undefined {
  if (shape === true) return undefined;
  return Object.entries(shape).map(([name, value]) => ({ name: Buffer.from(name), members: membersOf(value) }));
}

const keptAsItIs: Member = { name: Buffer.of(), members: undefined };

/** The member of the name between `start` and `end`. A name with escapes may be any. */
function findMember(members: readonly Member[], json: Buffer, start: number, end: number): Member | undefined {
  for (const member of members) if (isAt(member.name, json, start, end)) return member;
  return isEscaped(json, start, end) ? keptAsItIs : undefined;
}

function isAt(name: Buffer, json: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let index = 0; index < name.length; index++) if (name[index] !== json[start + index]) return false;
  return true;
}

function isEscaped(json: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (json[at] === backslash) return true;
  return false;
}

/** @param start of the opening quotation mark */
function endOfString(json: Buffer, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    const byte = json[at];
    if (byte === quote) return at + 1;
    if (byte === backslash) at += 1;
  }
  throw invalid();
}

/** @param start of the value, or of the space before it */
function endOfValue(json: Buffer, start: number): number {
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
  throw invalid();
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function invalid(): Unusable {
  return new Unusable('is not valid JSON');
}
