// How long it takes to import a file, in milliseconds. Ends before anything asynchronous that the file starts.
import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const { href } = pathToFileURL(process.argv[2]);
const start = performance.now();
await import(href);
writeSync(1, String(performance.now() - start));
// A step counts as failed until it has come to its end.
process.exit(0);
