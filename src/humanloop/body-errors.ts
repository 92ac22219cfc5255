/** What can be wrong with the body of an answer. */

/** The body was longer than allowed. */
export class TooLarge extends Error {}
/** The body is not what it should be; the message says what it is instead. */
export class Unusable extends Error {}
