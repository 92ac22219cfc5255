import packageJson from '../package.json' with { type: 'json' };

/** Of the project. */
export const { version } = packageJson;
