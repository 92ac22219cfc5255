import { main } from './main.ts';

// No top-level await: it would keep the bundler from joining the modules.
void main();
