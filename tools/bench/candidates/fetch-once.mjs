// The same PATCH as the plain update, with nothing around it.
const [, , baseUrl, runId] = process.argv;
const response = await fetch(`${baseUrl}/evaluations/evr_100/runs/${runId}`, {
  method: 'PATCH',
  headers: { 'X-API-KEY': process.env.HUMANLOOP_API_KEY, 'Content-Type': 'application/json' },
  body: JSON.stringify({ status: 'completed' }),
});
const run = await response.json();
console.log(run.status);
