// The calls of the Humanloop API that the other scripts make. Node 20 or newer, no packages.

const { HUMANLOOP_API_KEY: key, HUMANLOOP_BASE_URL: baseUrl } = process.env;
if (!key) {
  throw new Error(
    'HUMANLOOP_API_KEY is empty. Is the secret set? GitHub withholds secrets from pull requests of forks and of Dependabot.',
  );
}
if (!baseUrl) {
  throw new Error(
    'HUMANLOOP_BASE_URL is empty. Set the variable to the address of your server, such as https://humanloop.example.com/v5.',
  );
}

/** Sends JSON and returns the JSON of the answer. Throws if the answer is not a success. */
export async function call(method, path, body) {
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    headers: { 'X-API-KEY': key, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** All records of a list that comes in pages. */
export async function readAll(path) {
  const records = [];
  for (let page = 1; ; page += 1) {
    const found = await call('GET', `${path}${path.includes('?') ? '&' : '?'}page=${page}&size=100`);
    records.push(...found.records);
    if (found.records.length === 0 || records.length >= found.total) return records;
  }
}
