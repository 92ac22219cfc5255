import { main } from './main.ts';

// A failure until the story has come to its end: what never settles must not end in green.
process.exitCode = 1;
// No top-level await: it would keep the bundler from joining the modules.
void main().then((succeeded) => {
  if (succeeded) process.exitCode = 0;
});
