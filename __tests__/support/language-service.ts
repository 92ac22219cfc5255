/**
 * Validates workflows and action.yml with GitHub's language service, in a process of its own: that package imports JSON
 * without saying so, which Node allows only with a hook, and Jest will not any more.
 *
 * Usage: node language-service.ts, with `Request` as JSON on stdin. Prints one problem on each line.
 */
import { registerHooks } from 'node:module';
import { text } from 'node:stream/consumers';
import { TextDocument } from 'vscode-languageserver-textdocument';

export interface Request {
  /** The paths distinguish workflows (below `.github/workflows`) from actions (`action.yml`); reusable workflows are found by them. */
  readonly documents: readonly { readonly path: string; readonly text: string }[];
  /** What may stand behind `uses`, as `owner/name/folder` or `owner/name`, which counts for all of its folders, with the inputs of its action.yml. */
  readonly actions: Readonly<Record<string, Record<string, Input>>>;
}

export interface Input {
  readonly description: string;
  readonly required?: boolean;
}

registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
});
const { validate } = await import('@actions/languageservice');

const { documents, actions }: Request = JSON.parse(await text(process.stdin));
for (const { path, text: content } of documents) {
  const diagnostics = await validate(TextDocument.create(`file:///${path}`, 'yaml', 0, content), {
    actionsMetadataProvider: {
      async fetchActionMetadata({ owner, name, path: folder }) {
        const inputs = actions[`${owner}/${name}/${folder}`] ?? actions[`${owner}/${name}`];
        return inputs && { name, description: '', inputs };
      },
    },
    fileProvider: {
      async getFileContent(file) {
        const called = documents.find((each) => 'path' in file && each.path.endsWith(file.path));
        if (called === undefined) throw new Error(`${path} calls a workflow that is not there.`);
        return { name: called.path, content: called.text };
      },
    },
  });
  for (const { range, message } of diagnostics) console.log(`${path}:${range.start.line + 1}: ${message}`);
}
