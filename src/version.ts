/** Version of the action, the same as in package.json (a test compares the two). */
export const version = '1.0.0';
