import type { Evaluation } from './schemas.ts';

/** Longer ones would not fit into a report. */
const maxUrlLength = 2_000;

/** The page of the Evaluation; undefined unless the API gave an https one that fits into a report. */
export function evaluationUrl({ url }: Evaluation): string | undefined {
  const isSafe = url != null && url.length <= maxUrlLength && URL.parse(url)?.protocol === 'https:';
  return isSafe ? url : undefined;
}
