/** The requests that make a Run, and what is read of their answers. */
import * as z from 'zod/mini';
import type { Call } from '../src/humanloop/call.ts';

const version = z.object({ id: z.string(), version_id: z.string() });
/** A file in one version. */
export type Version = z.infer<typeof version>;

const dataset = z.extend(version, {
  datapoints: z.array(z.object({ id: z.string(), inputs: z.nullish(z.record(z.string(), z.unknown())) })),
});
export type Dataset = z.infer<typeof dataset>;

const evaluation = z.object({
  id: z.string(),
  name: z.nullish(z.string()),
  evaluators: z.array(z.object({ version: z.object({ version_id: z.string() }) })),
});
export type Evaluation = z.infer<typeof evaluation>;

const made = z.object({ id: z.string() });
const evaluations = z.object({ records: z.array(evaluation) });

/** An answer names every datapoint. */
const maxDatasetBytes = 64 * 2 ** 20;

function post<T>(path: string, subject: string, body: object, schema: z.ZodMiniType<T>): Call<T> {
  return { method: 'POST', path, subject, body, schema };
}

export function flowOf(path: string, attributes: object, name: string): Call<Version> {
  return post('/flows', `Flow ${path}`, { path, attributes, version_name: name }, version);
}

export function evaluatorOf(path: string, spec: object): Call<Version> {
  return post('/evaluators', `Evaluator ${path}`, { path, spec }, version);
}

/** @param ids of the results: all that a datapoint is known by */
export function datasetOf(path: string, ids: readonly string[]): Call<Dataset> {
  const datapoints = ids.map((id) => ({ inputs: { id } }));
  return {
    ...post('/datasets', `Dataset ${path}`, { path, action: 'set', datapoints }, dataset),
    query: '?include_datapoints=true',
    limit: maxDatasetBytes,
  };
}

export function newEvaluation(name: string, fileId: string, evaluators: readonly Version[]): Call<Evaluation> {
  const body = { name, file: { id: fileId }, evaluators: evaluators.map(reference) };
  return post('/evaluations', `Evaluation ${name}`, body, evaluation);
}

export function moreEvaluators(id: string, evaluators: readonly Version[]): Call<Evaluation> {
  const body = { evaluators: evaluators.map(reference) };
  return post(`/evaluations/${encodeURIComponent(id)}/evaluators`, `Evaluators of Evaluation ${id}`, body, evaluation);
}

function reference({ version_id }: Version): object {
  return { version_id, orchestrated: false };
}

/** @param page from 1 */
export function evaluationsOf(fileId: string, page: number): Call<{ records: Evaluation[] }> {
  return {
    method: 'GET',
    path: '/evaluations',
    query: `?file_id=${encodeURIComponent(fileId)}&page=${page}&size=50`,
    subject: `page ${page} of the Evaluations of Flow ${fileId}`,
    schema: evaluations,
  };
}

export function newRun(evaluationId: string, dataset: Version, flow: Version): Call<{ id: string }> {
  const body = {
    dataset: { version_id: dataset.version_id },
    version: { version_id: flow.version_id },
    orchestrated: false,
    use_existing_logs: false,
  };
  const path = `/evaluations/${encodeURIComponent(evaluationId)}/runs`;
  return post(path, `a Run of Evaluation ${evaluationId}`, body, made);
}

export function newLog(flow: Version, body: object, subject: string): Call<{ id: string }> {
  return { ...post('/flows/log', subject, { id: flow.id, ...body }, made), query: versionQuery(flow) };
}

export function newJudgment(evaluator: Version, body: object, subject: string): Call<{ id: string }> {
  return { ...post('/evaluators/log', subject, { id: evaluator.id, ...body }, made), query: versionQuery(evaluator) };
}

function versionQuery({ version_id }: Version): string {
  return `?version_id=${encodeURIComponent(version_id)}`;
}
