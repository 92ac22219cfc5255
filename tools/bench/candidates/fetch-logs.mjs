// The pages of the Logs of two Runs, fetched and parsed one after another.
const [, , baseUrl, evaluationId] = process.argv;
let records = 0;
for (let page = 1, total = 1; records < total; page++) {
  const url = `${baseUrl}/evaluations/${evaluationId}/logs?page=${page}&size=100&run_id=rn_1&run_id=rn_control`;
  const response = await fetch(url, { headers: { 'X-API-KEY': process.env.HUMANLOOP_API_KEY } });
  const answer = await response.json();
  records += answer.records.length;
  total = answer.total;
}
console.log(records);
