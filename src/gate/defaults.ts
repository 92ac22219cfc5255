/** The settings of a gate that a workflow does not set itself. Made from action.yml by `npm run readme`; do not edit. */
export const gateDefaults = {
  'max-drop': '0.02',
  'max-missing': '0.05',
  confidence: '0.95',
  'control-runs': '3',
  'own-runs': '1',
} as const;
