/** The part of a form that sets a gate, and says how it is set. */

import { html } from 'hono/html';
import { gateDefaults } from '../../src/gate/defaults.ts';
import { gateInputs, modes, type Settings } from './gate.ts';
import type { Html } from './layout.ts';

/** Folded, unless something is wrong or differs from what the action does by default. */
export function settingsHtml({ texts, problems }: Settings): Html {
  const changed = Object.entries(texts).map(([name, text]) => `${name}: ${text}`);
  const mark = (name: string) => problems.has(name) && html` aria-invalid="true" aria-describedby="problems"`;
  return html`<details class="settings"${problems.size > 0 && html` open`}>
<summary>${problems.size > 0 ? 'Settings of the action' : changed.length === 0 ? 'Decided with the default settings of the action' : html`Decided with <bdi>${changed.join(', ')}</bdi>`}</summary>
<p class="quiet small">The numbers and verdicts of this page are those of a report whose workflow has these inputs. The link in a report does not carry them: if the workflow sets others, set them here too. All evaluators are gated on, each by the same <code>max-drop</code>.</p>
<div class="fields">
<label>gate <select name="gate"${mark('gate')}>${modes.map((mode) => html`<option${(texts.gate ?? 'regression') === mode && html` selected`}>${mode}</option>`)}</select></label>
${gateInputs.map(
  (name) =>
    html`<label>${name} <input name="${name}" value="${texts[name] ?? gateDefaults[name]}" size="6" autocomplete="off"${mark(name)}></label>`,
)}
<button class="button plain small">Apply</button>
</div></details>`;
}
