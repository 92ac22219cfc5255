// Loaded into a process by `--require`: writes on its exit the paths of the modules that it loaded from files, as a JSON
// array, to the file that LOADED_FILES names.
const { writeFileSync } = require('node:fs');
const { registerHooks } = require('node:module');
const { fileURLToPath } = require('node:url');

const paths = [];
registerHooks({
  load(url, context, nextLoad) {
    if (url.startsWith('file:')) paths.push(fileURLToPath(url));
    return nextLoad(url, context);
  },
});

process.on('exit', () => writeFileSync(process.env.LOADED_FILES, JSON.stringify(paths)));
