/** Lists of numbers that grow. They are outside the heap, so tens of thousands of Logs are no work for the garbage collector. */

export interface IntegerList {
  values: Int32Array<ArrayBuffer>;
  length: number;
}

export interface DoubleList {
  values: Float64Array<ArrayBuffer>;
  length: number;
}

export function createIntegers(): IntegerList {
  return { values: new Int32Array(0), length: 0 };
}

export function createDoubles(): DoubleList {
  return { values: new Float64Array(0), length: 0 };
}

export function addInteger(list: IntegerList, value: number): void {
  if (list.length === list.values.length) list.values = new Int32Array(grown(list.values));
  list.values[list.length++] = value;
}

export function addDouble(list: DoubleList, value: number): void {
  if (list.length === list.values.length) list.values = new Float64Array(grown(list.values));
  list.values[list.length++] = value;
}

/** The number at a place; NaN outside of the numbers. */
export function numberAt(numbers: ArrayLike<number>, place: number): number {
  return numbers[place] ?? Number.NaN;
}

/** Twice as much. What it was in is freed at once, not with the next garbage collection. */
function grown({ buffer }: Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>): ArrayBuffer {
  return buffer.transfer(Math.max(512, 2 * buffer.byteLength));
}
