import { gateDefaults } from '../gate/defaults.ts';

/**
 * What an empty input means: workflows pass on optional inputs of their own as empty texts. Made from action.yml by
 * `npm run readme`; do not edit.
 */
export const defaults: Readonly<Record<string, string>> = {
  ...gateDefaults,
  'base-url': 'https://api.humanloop.com/v5',
  'request-timeout-seconds': '120',
  'wait-minutes': '0',
  'on-timeout': 'fail',
  'show-datapoints': '10',
  'show-text': 'false',
  comment: 'never',
};
