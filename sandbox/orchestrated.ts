/** The Evaluators that Humanloop runs itself as soon as a Log is there. */

import { phrases } from './support-bot.ts';
import type { Datapoint, Evaluator, EvaluatorLog, PromptLog } from './wire.ts';

/** What the code and the LLM Evaluator of the support bot make of a reply. */
export function judgeReply(
  evaluator: Evaluator,
  { output }: PromptLog,
  { target }: Datapoint,
): Pick<EvaluatorLog, 'judgment' | 'error'> {
  switch (evaluator.name) {
    case 'exact-match':
      return matchIntent(output ?? '', target.intent);
    case 'tone': {
      const [tone = 'neutral'] = Object.entries(phrases).find(([, { opening }]) => output?.includes(opening)) ?? [];
      return { judgment: tone, error: null };
    }
    default:
      return { judgment: null, error: `The sandbox cannot run the Evaluator ${evaluator.path}.` };
  }
}

/** As the code of the Evaluator says, which fails where the output is not the JSON that it expects. */
function matchIntent(output: string, expected: string): Pick<EvaluatorLog, 'judgment' | 'error'> {
  try {
    const reply: unknown = JSON.parse(output);
    if (typeof reply === 'object' && reply !== null && 'intent' in reply) {
      return { judgment: reply.intent === expected, error: null };
    }
    return { judgment: null, error: "KeyError: 'intent'" };
  } catch {
    return { judgment: null, error: 'JSONDecodeError: the output is not JSON' };
  }
}
