/** Bundles the mutated source in Stryker's sandbox, below `build/` of the project, whose packages it shares. */
import { symlinkSync } from 'node:fs';

symlinkSync('../../../node_modules', 'node_modules');
await import('../build/build.ts');
