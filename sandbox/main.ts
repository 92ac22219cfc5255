/** `npm run sandbox`: serves until SIGINT or SIGTERM. The only line on stdout says where, and with which ids. */

import { startSandbox } from './server.ts';

const { PORT = '0' } = process.env;
try {
  const { baseUrl, apiKey, evaluationId, fewEvaluationId, intentsEvaluationId, runs, close } = await startSandbox({
    port: Number(PORT),
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, close);
  console.log(
    JSON.stringify({
      'base-url': baseUrl,
      'api-key': apiKey,
      'evaluation-id': evaluationId,
      'control-run-id': runs.control,
      'better-run-id': runs.better,
      'worse-run-id': runs.worse,
      'arriving-run-id': runs.arriving,
      'pending-run-id': runs.pending,
      'few-evaluation-id': fewEvaluationId,
      'few-control-run-id': runs['few-control'],
      'few-run-id': runs.few,
      'intents-evaluation-id': intentsEvaluationId,
      'intents-control-run-id': runs['intents-control'],
    }),
  );
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  console.error(`The sandbox cannot listen on port ${PORT}: ${reason}. Set PORT to a free port, or leave it out.`);
  process.exitCode = 1;
}
