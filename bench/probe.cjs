// Loaded into a process by `--require`: writes on its exit what it took to the file that BENCH_PROBE names.
const { registerHooks } = require('node:module');
const { fileURLToPath } = require('node:url');
const { statSync, writeFileSync } = require('node:fs');

const files = [];
registerHooks({
  load(url, context, nextLoad) {
    if (url.startsWith('file:')) files.push(fileURLToPath(url));
    return nextLoad(url, context);
  },
});

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  const { maxRSS } = process.resourceUsage();
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  writeFileSync(
    process.env.BENCH_PROBE,
    JSON.stringify({ cpu: (user + system) / 1e6, memory: maxRSS / 1024, files, bytes }),
  );
});
