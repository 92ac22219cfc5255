// Loaded into a process by `--require`: writes on its exit what it took to the file that USAGE_FILE names: CPU time in
// milliseconds and peak memory in MiB.
const { readFileSync, writeFileSync } = require('node:fs');

// Linux counts the memory of the process that started this one as its own in maxRSS, so its own peak comes from elsewhere.
function peakMemory() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return kibibytes / 1024;
}

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(process.env.USAGE_FILE, JSON.stringify({ cpu: (user + system) / 1000, memory: peakMemory() }));
});
