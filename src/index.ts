import { main } from './main.ts';

// A failure until the story has ended: a promise that never settles must not end in success.
process.exitCode = 1;
// No top-level await: it would keep the bundler from joining the modules.
void main().then((succeeded) => {
  if (succeeded) process.exitCode = 0;
});
