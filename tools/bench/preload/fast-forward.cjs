// Loaded into a process by `--require`: nobody sleeps, but the clock moves on as if. Hours of waiting take a moment, and the
// action needs no clock that could be set from outside.
const { syncBuiltinESMExports } = require('node:module');
const timers = require('node:timers/promises');

const now = performance.now.bind(performance);
const sleep = timers.setTimeout;
let slept = 0;
performance.now = () => now() + slept;
timers.setTimeout = (duration, value, options) => {
  slept += duration;
  return sleep(0, value, options);
};
syncBuiltinESMExports();
