import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { done, type Named, specOf } from './support/evaluation.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(() => server.close());

type File = Named & Record<string, unknown>;

const flow = (path: string, attributes: object, more: object = {}) =>
  server.call<File>('POST', '/flows', { path, attributes, ...more });
const byPath = (path: string) => server.call<File>('POST', '/files/retrieve-by-path', { path });

describe('a version', () => {
  test('is the same for the same content, whatever the order of its fields', async () => {
    const first = done(await flow('versions/same', { a: 1, b: { c: 2, d: [1, 2] } }));
    const again = done(await flow('versions/same', { b: { d: [1, 2], c: 2 }, a: 1 }));
    expect(again.version_id).toBe(first.version_id);
    expect(done(await flow('versions/same', { a: 1, b: { c: 2, d: [2, 1] } })).version_id).not.toBe(first.version_id);
  });

  test('of one file is none of another with the same content', async () => {
    const [one, other] = [done(await flow('versions/one', {})), done(await flow('versions/other', {}))];
    expect(other.id).not.toBe(one.id);
    expect(other.version_id).not.toBe(one.version_id);
  });

  test('has the same id on any other server', async () => {
    const other = await startTestServer();
    try {
      const body = { path: 'versions/everywhere', attributes: { a: 1 } };
      const here = done(await server.call<Named>('POST', '/flows', body));
      const there = done(await other.call<Named>('POST', '/flows', body));
      expect([there.id, there.version_id]).toEqual([here.id, here.version_id]);
    } finally {
      await other.close();
    }
  });

  test('is the first one unless another is named', async () => {
    const first = done(await flow('versions/default', { n: 1 }));
    const second = done(await flow('versions/default', { n: 2 }));
    expect(done(await byPath('versions/default'))).toMatchObject({
      version_id: first.version_id,
      attributes: { n: 1 },
    });
    expect(done(await server.call('GET', `/flows/${first.id}`))).toMatchObject({ version_id: first.version_id });
    const named = await server.call('GET', `/flows/${first.id}?version_id=${second.version_id}`);
    expect(done(named)).toMatchObject({ version_id: second.version_id, attributes: { n: 2 }, environments: [] });
  });

  test('may have a name, which no other version of the file may have', async () => {
    const named = done(await flow('versions/names', { n: 1 }, { version_name: 'first' }));
    expect(named).toMatchObject({ version_name: 'first' });
    expect(await flow('versions/names', { n: 2 }, { version_name: 'first' })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining(named.version_id) },
    });
    expect(done(await flow('versions/names', { n: 1 }, { version_name: 'first' }))).toMatchObject({
      version_id: named.version_id,
    });
    expect(done(await flow('versions/elsewhere', { n: 2 }, { version_name: 'first' }))).toMatchObject({
      version_name: 'first',
    });
  });
});

describe('a file', () => {
  test('keeps its type', async () => {
    done(await flow('files/flow', {}));
    expect(await server.call('POST', '/prompts', { path: 'files/flow', model: 'small' })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('is a flow') },
    });
  });

  test('is found by its path, with or without a slash at the ends', async () => {
    const file = done(await flow('/files/slashes/', {}));
    expect(file).toMatchObject({ path: 'files/slashes', name: 'slashes', type: 'flow' });
    expect(done(await byPath('files/slashes/')).id).toBe(file.id);
  });

  test('is named by its id as well, but not moved by it', async () => {
    const file = done(await flow('files/by-id', { n: 1 }));
    const next = done(await server.call<File>('POST', '/flows', { id: file.id, attributes: { n: 2 } }));
    expect(next).toMatchObject({ id: file.id, path: 'files/by-id' });
    expect(await server.call('POST', '/flows', { id: file.id, path: 'files/moved', attributes: {} })).toMatchObject({
      status: 409,
    });
  });

  test.each([
    ['/files/retrieve-by-path', { path: 'files/none' }],
    ['/flows', { id: 'fl_none', attributes: {} }],
  ])('that is not there: 404 from %s', async (path, body) => {
    expect(await server.call('POST', path, body)).toMatchObject({ status: 404, body: { detail: expect.any(String) } });
  });

  test('of another type is not found by its id', async () => {
    const file = done(await flow('files/typed', {}));
    expect(await server.call('GET', `/prompts/${file.id}`)).toMatchObject({ status: 404 });
  });

  test('is deployed to production only', async () => {
    const file = done(await flow('files/deployed', {}));
    expect(await server.call('GET', `/flows/${file.id}?environment=production`)).toMatchObject({ status: 200 });
    expect(await server.call('GET', `/flows/${file.id}?environment=staging`)).toMatchObject({ status: 404 });
  });

  test.each(['', '/', 'a//b', 'a\0b', '\ud800'])('cannot have the path %j: 422', async (path) => {
    expect(await flow(path, {})).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'path'] }] } });
  });

  test('shows every field, as null if there is nothing to say', async () => {
    const prompt = done(
      await server.call<File>('POST', '/prompts', {
        path: 'files/prompt',
        model: 'small',
        template: [
          { role: 'system', content: 'Answer {{ question }} for {{user.name}}.' },
          { role: 'user', content: '{{question}}' },
        ],
      }),
    );
    expect(prompt).toMatchObject({
      type: 'prompt',
      model: 'small',
      temperature: null,
      directory_id: null,
      description: null,
      tags: null,
      inputs: [{ name: 'question' }, { name: 'user.name' }],
      created_by: { id: 'key_environment', full_name: 'HUMANLOOP_SERVER_KEY' },
      version_logs_count: 0,
      total_logs_count: 0,
    });
    expect(new Date(String(prompt.created_at)).toISOString()).toBe(prompt.created_at);
  });

  test('of an Evaluator shows its spec', async () => {
    const spec = specOf('number', { number_limits: { min: 0, max: 5, step: null }, attributes: { code: 'return 1' } });
    const evaluator = done(await server.call('POST', '/evaluators', { path: 'files/evaluator', id: null, spec }));
    expect(evaluator).toMatchObject({ type: 'evaluator', spec });
  });
});

test('files are listed by their types, and by the folder that they are in, at whatever depth', async () => {
  const lists = await startTestServer();
  try {
    for (const path of ['a/one', 'a/b/two', 'a_/three', 'A/four', 'ax/five', 'a']) {
      done(await lists.call('POST', '/flows', { path, attributes: {} }));
    }
    done(await lists.call('POST', '/prompts', { path: 'a/b/prompt', model: 'small' }));
    const list = async (query: string) => {
      const { records } = done(await lists.call<{ records: Named[] }>('GET', `/files?${query}&size=100`));
      return records.map(({ path }) => path).filter((path) => !path.startsWith('Example'));
    };
    expect(await list('path=a')).toEqual(['a/b/prompt', 'a/b/two', 'a/one']);
    expect(await list('path=/a/b/&type=flow')).toEqual(['a/b/two']);
    expect(await list('path=a_')).toEqual(['a_/three']);
    expect(await list('path=%25')).toEqual([]);
    expect(await list('type=prompt&type=dataset')).toEqual(['a/b/prompt']);
    expect(await list('path=/')).toHaveLength(7);
    expect((await lists.call('GET', '/files?type=tool')).status).toBe(422);
  } finally {
    await lists.close();
  }
});

test('files are listed by path, page by page', async () => {
  const lists = await startTestServer();
  try {
    for (const path of ['c', 'a', 'b']) done(await lists.call('POST', '/flows', { path, attributes: {} }));
    const list = async (query: string) =>
      done(await lists.call<{ records: Named[]; total: number }>('GET', `/files?type=flow&${query}`));
    expect((await list('')).records.map(({ path }) => path)).toEqual(['a', 'b', 'c']);
    const second = await list('page=2&size=2');
    expect([second.records.map(({ path }) => path), second.total]).toEqual([['c'], 3]);
    expect((await list('name=b')).records.map(({ path }) => path)).toEqual(['b']);
  } finally {
    await lists.close();
  }
});

describe('a list of files', () => {
  let lists: TestServer;

  beforeAll(async () => {
    let time = Date.parse('2026-01-01T00:00:00Z');
    lists = await startTestServer({
      clock: () => {
        time += 1000;
        return new Date(time);
      },
    });
    for (const path of ['y/1000', 'x/100%', 'X/deep', 'aab', 'x/a_b/Deep']) {
      done(await lists.call('POST', '/flows', { path, attributes: {} }));
    }
    // Updated last.
    done(await lists.call('POST', '/flows', { path: 'x/100%', attributes: { n: 2 } }));
  });

  afterAll(() => lists.close());

  const list = async (query: string) =>
    done(await lists.call<{ records: Named[] }>('GET', `/files?type=flow&${query}`)).records.map(({ path }) => path);

  test('holds those whose path has a text in it, letter by letter, in any case', async () => {
    expect(await list('name=DEEP')).toEqual(['X/deep', 'x/a_b/Deep']);
    expect(await list('name=0%25')).toEqual(['x/100%']);
    expect(await list('name=%25')).toEqual(['x/100%']);
    expect(await list('name=a_b')).toEqual(['x/a_b/Deep']);
    expect(await list('name=x/')).toEqual(['X/deep', 'x/100%', 'x/a_b/Deep']);
  });

  test('is sorted as asked, from either end', async () => {
    const byPath = ['X/deep', 'aab', 'x/100%', 'x/a_b/Deep', 'y/1000'];
    expect(await list('')).toEqual(byPath);
    expect(await list('order=desc')).toEqual(byPath.toReversed());
    expect(await list('sort_by=name')).toEqual(['x/100%', 'y/1000', 'x/a_b/Deep', 'aab', 'X/deep']);
    expect(await list('sort_by=created_at')).toEqual(['y/1000', 'x/100%', 'X/deep', 'aab', 'x/a_b/Deep']);
    expect(await list('sort_by=updated_at&order=desc')).toEqual(['x/100%', 'x/a_b/Deep', 'aab', 'X/deep', 'y/1000']);
    expect(await list('sort_by=updated_at&order=desc&size=2&page=2')).toEqual(['aab', 'X/deep']);
  });

  test('has all files for the environment that all are deployed to, and refuses another', async () => {
    expect(await list('environment=production')).toHaveLength(5);
    expect(await lists.call('GET', '/files?environment=staging')).toMatchObject({
      status: 404,
      body: { detail: expect.stringContaining("'production' only") },
    });
  });

  test('refuses to hold templates only, since there are none', async () => {
    expect(await list('template=false')).toHaveLength(5);
    expect(await lists.call('GET', '/files?template=true')).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['query', 'template'], msg: expect.stringContaining('no files that are templates') }] },
    });
  });

  test.each(['sort_by=path', 'order=up', 'name='])('refuses %s', async (query) => {
    expect((await lists.call('GET', `/files?${query}`)).status).toBe(422);
  });
});
