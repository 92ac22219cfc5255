/** In the form of a Humanloop key; opens nothing. */
export const apiKey = 'hl_sk_0123456789abcdef0123456789abcdef';

/** The `with:` of a step that completes a Run. An override replaces an input, or adds one. */
export function createInputs(overrides: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    'api-key': apiKey,
    'evaluation-id': 'evr_1',
    'run-id': 'rn_1',
    status: 'completed',
    'request-timeout-seconds': '5',
    ...overrides,
  };
}
