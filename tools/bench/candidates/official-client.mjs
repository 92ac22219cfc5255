// The same PATCH as the plain update, by Humanloop's own client.
import { HumanloopClient } from 'humanloop';

const [, , baseUrl] = process.argv;
const client = new HumanloopClient({ apiKey: process.env.HUMANLOOP_API_KEY, baseUrl });
const run = await client.evaluations.updateEvaluationRun('evr_100', 'rn_1', { status: 'completed' });
console.log(run.status);
