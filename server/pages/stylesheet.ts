/** The one stylesheet. Colours are named for what they say, and each pair of text and ground has a contrast of 4.5 or more. */
export const css = `
:root {
  color-scheme: light dark;
  --ground: #f5f6f8; --card: #ffffff; --raised: #eef1f4; --line: #d5dbe1; --edge: #868f99;
  --text: #1a2027; --quiet: #55606b; --accent: #0a5ba8; --on-accent: #ffffff; --tint: #e5f0fb;
  --good: #14713a; --bad: #b3202c; --warn: #8a5300; --good-tint: #e6f4ea; --bad-tint: #fdecec; --warn-tint: #fdf3e0;
  --radius: 8px;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10141a; --card: #181d25; --raised: #222933; --line: #313a46; --edge: #7d8896;
    --text: #e7ecf2; --quiet: #a3aebb; --accent: #79b8ff; --on-accent: #0b1622; --tint: #17283b;
    --good: #6fd08c; --bad: #ff8f88; --warn: #e9b44c; --good-tint: #14291b; --bad-tint: #33191b; --warn-tint: #2e2413;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif; }
h1, h2, h3, h4, p, ul, ol, dl, dd, figure, fieldset { margin: 0; padding: 0; }
h1 { font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; text-wrap: balance; }
h2 { font-size: 1.125rem; line-height: 1.3; }
h3 { font-size: 1rem; }
h4 { font-size: .8125rem; font-weight: 600; color: var(--quiet); display: flex; gap: .5rem; align-items: center; margin-bottom: .375rem; }
ul, ol { list-style: none; }
a { color: var(--accent); text-underline-offset: .15em; }
code, kbd { font: .875em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
bdi { overflow-wrap: anywhere; }
time { white-space: nowrap; }
.clock { color: var(--quiet); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }
.quiet { color: var(--quiet); font-weight: 400; }
.small { font-size: .8125rem; }
.line { display: flex; flex-wrap: wrap; align-items: baseline; gap: .125rem .625rem; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.warn { color: var(--warn); }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: .5rem; top: .5rem; z-index: 2; background: var(--card); padding: .5rem .75rem; }

.top { background: var(--card); border-bottom: 1px solid var(--line); }
.top > div { display: flex; gap: 1.5rem; align-items: center; justify-content: space-between; max-width: 78rem; margin: 0 auto; padding: .5rem clamp(1rem, 3vw, 2rem); }
.top nav { flex: 1; min-width: 0; }
.trail { display: flex; gap: .5rem; align-items: center; white-space: nowrap; }
.trail li { display: flex; align-items: center; min-width: 0; }
.trail li:first-child { flex: none; }
.trail li + li::before { content: "/"; color: var(--quiet); margin-right: .5rem; }
.trail a { text-decoration: none; overflow: hidden; text-overflow: ellipsis; padding: .25rem 0; }
.trail a:hover { text-decoration: underline; }
.trail a:focus-visible { outline-offset: -2px; }
.home { display: flex; gap: .5rem; align-items: center; font-weight: 650; color: var(--text); }
.who { display: flex; flex: none; gap: .75rem; align-items: center; font-size: .875rem; max-width: 50%; }
.who .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
main { margin: 0 auto; padding: 1.5rem clamp(1rem, 3vw, 2rem) 4rem; max-width: 78rem; display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }
main.narrow { max-width: 44rem; }
main > h2 { margin-top: 1rem; }
main > .versus { margin-top: 0; font-size: 1rem; }

.card { background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); padding: 1rem 1.25rem; min-width: 0; }
.note { background: var(--tint); border-radius: var(--radius); padding: .75rem 1rem; overflow-wrap: anywhere; }
.note.bad { background: var(--bad-tint); }
.note.good { background: var(--good-tint); }
.problem { color: var(--bad); font-weight: 600; }
.title { display: flex; flex-wrap: wrap; gap: .75rem 1.5rem; align-items: center; }
.title h1 { flex: 1 1 16rem; }
.button, button { font: inherit; font-weight: 600; cursor: pointer; border-radius: 6px; border: 1px solid var(--accent); background: var(--accent); color: var(--on-accent); padding: .5rem 1rem; min-height: 2.75rem; display: inline-flex; gap: .5rem; align-items: center; justify-content: center; text-decoration: none; }
.button:hover, button:hover { filter: brightness(1.1); }
.button.plain, button.plain { background: transparent; color: var(--accent); border-color: var(--edge); }
.button.small, .who button { min-height: 2rem; padding: .125rem .75rem; font-size: .875rem; }
.button.plain:hover, button.plain:hover { background: var(--tint); filter: none; }
kbd { border: 1px solid currentColor; border-radius: 4px; padding: 0 .375rem; font-size: .75rem; font-weight: 400; line-height: 1.35; opacity: .9; }
.badge { display: inline-block; border: 1px solid var(--line); background: var(--raised); border-radius: 99px; padding: 0 .5rem; font-size: .75rem; font-weight: 500; line-height: 1.6; color: var(--text); white-space: nowrap; }
.badge.running, .badge.pending { background: var(--warn-tint); color: var(--warn); border-color: var(--warn); }
.badge.control { background: var(--tint); color: var(--accent); border-color: var(--accent); font-weight: 600; }
.badge.cancelled { text-decoration: line-through; color: var(--quiet); }

.cards { display: grid; gap: .5rem; grid-template-columns: minmax(0, 1fr); }
.row { display: flex; flex-wrap: wrap; gap: .5rem 2rem; justify-content: space-between; align-items: center; }
.row h2 a { text-decoration: none; }
.row h2 a:hover { text-decoration: underline; }
.row > div { flex: 1 1 16rem; min-width: 0; }
.facts { display: flex; gap: .75rem; align-items: center; min-height: 2rem; color: var(--quiet); font-size: .875rem; font-variant-numeric: tabular-nums; }
.facts .act { margin-left: auto; }
.facts > * { white-space: nowrap; }
@media (min-width: 48rem) {
  .facts { column-gap: 1.25rem; }
  .facts .act { width: 4.5rem; text-align: right; }
}
.pager { display: grid; grid-template-columns: 1fr auto 1fr; align-items: center; gap: 1rem; }
.pager > :last-child { text-align: right; }

.courses { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); }
.courses .card { padding: .75rem 1rem .25rem; display: flex; flex-direction: column; justify-content: space-between; gap: .25rem; }
figcaption { font-weight: 600; }
figcaption .quiet { display: block; font-size: .8125rem; }
.course { display: block; width: 100%; height: auto; }
.grid { stroke: var(--line); stroke-width: 1; }
.held { stroke: var(--accent); stroke-width: 1.5; stroke-dasharray: 5 4; }
.tick { fill: var(--quiet); font-size: 12px; }
.tick.strong { fill: var(--accent); font-weight: 700; }
.whisker { stroke: var(--edge); stroke-width: 2; }
.point circle, .point path { fill: var(--text); stroke: var(--text); stroke-width: 2; }
.point.open circle { fill: var(--card); }
.point.control path { fill: var(--accent); stroke: var(--accent); }
.point.control .whisker { stroke: var(--accent); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
.legend span { display: inline-flex; gap: .375rem; align-items: center; }
.legend svg { width: 1em; height: 1em; overflow: visible; }
.legend .long { width: 2em; }

/* A shade at each end behind which there is more. */
.scroll { position: relative; overflow-x: auto; background:
  linear-gradient(to right, var(--card) 40%, transparent) 0 0 / 2rem 100% no-repeat local,
  linear-gradient(to left, var(--card) 40%, transparent) 100% 0 / 2rem 100% no-repeat local,
  linear-gradient(to right, var(--line), transparent) 0 0 / 1rem 100% no-repeat,
  linear-gradient(to left, var(--line), transparent) 100% 0 / 1rem 100% no-repeat,
  var(--card); border: 1px solid var(--line); border-radius: var(--radius); }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
th, td { text-align: left; vertical-align: top; padding: .625rem .75rem; border-bottom: 1px solid var(--line); }
tbody tr:last-child > * { border-bottom: 0; }
thead th { font-size: .8125rem; color: var(--quiet); font-weight: 600; vertical-align: bottom; }
thead .figure { min-width: 7rem; max-width: 12rem; }
.figure { text-align: right; font-variant-numeric: tabular-nums; }
td.figure > * { display: block; white-space: nowrap; }
td.figure .label { display: none; }
tbody .run { font-weight: 400; min-width: 20rem; display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .625rem; }
tbody .run .number { font-weight: 700; min-width: 1.5rem; text-align: right; font-variant-numeric: tabular-nums; }
tbody .run .line { margin-top: .125rem; }
tbody .run .line code { font-size: .75rem; }
tr.held > * { background: var(--tint); }
.history bdi { overflow-wrap: normal; }
caption { text-align: left; font-size: .8125rem; font-weight: 600; color: var(--quiet); padding: .5rem .75rem 0; }

.chooser { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; font-size: .9375rem; }
.chooser > label { display: inline-flex; gap: .5rem; align-items: center; max-width: 100%; }
.chooser > label select { width: 17rem; }
.settings { flex: 1 1 12rem; }
.settings[open] { flex-basis: 100%; }
.settings > * + * { margin-top: .5rem; }
.settings summary { cursor: pointer; color: var(--quiet); padding: .25rem 0; overflow-wrap: anywhere; }
.settings p { max-width: 80ch; }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .5rem .75rem; align-items: end; }
.fields label { display: grid; gap: .125rem; font-size: .8125rem; color: var(--quiet); }
.fields input, .fields select { font-size: .9375rem; color: var(--text); width: 100%; }
.fields [aria-invalid] { border-color: var(--bad); box-shadow: inset 0 0 0 1px var(--bad); }
.chooser input, .chooser select, .chooser .button { height: 2.25rem; }
select, input, textarea { accent-color: var(--accent); font: inherit; color: inherit; background: var(--card); border: 1px solid var(--edge); border-radius: 6px; padding: .375rem .5rem; max-width: 100%; }
select { min-width: 0; }
.tabs ul, .filters ul { display: flex; flex-wrap: wrap; gap: .375rem; }
.tabs li { min-width: 0; max-width: 20rem; }
.tabs bdi { overflow: hidden; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
.verdict { font-weight: 600; white-space: nowrap; }
.tabs a { display: grid; height: 100%; align-content: space-between; padding: .375rem .75rem; border: 1px solid var(--line); border-radius: 6px; background: var(--card); text-decoration: none; font-weight: 600; color: var(--text); min-height: 2.75rem; }
.tabs a:hover { border-color: var(--edge); }
.tabs [aria-current] { border-color: var(--accent); box-shadow: inset 0 -3px var(--accent); }
.filters a { display: block; line-height: 1.875rem; padding: 0 .75rem; border-radius: 99px; border: 1px solid var(--line); background: var(--card); text-decoration: none; font-size: .875rem; }
.filters [aria-current] { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
.count { font-variant-numeric: tabular-nums; }
.summary { display: grid; gap: .375rem; }
.measured { display: flex; flex-wrap: wrap; gap: .25rem 2rem; font-size: 1.125rem; font-variant-numeric: tabular-nums; }
.measured .quiet { font-size: .875rem; display: inline-block; }
.datapoints { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }
.datapoint { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); scroll-margin-top: 1rem; }
.datapoint:target { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.datapoint header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between; align-items: baseline; }
.datapoint h3 { min-width: 0; }
.datapoint h3 a { font-weight: 400; }
.change { display: flex; flex-wrap: wrap; gap: .375rem; align-items: baseline; font-weight: 600; }
.change .judgment { font-weight: 500; }
.change .is { margin-right: .5rem; }
.datapoint .asked, .sides { display: grid; gap: 1rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); }
.asked > *, .sides > * { min-width: 0; }
.side h4 { min-height: 1.5rem; }
.side { border-top: 3px solid var(--line); padding-top: .5rem; display: grid; gap: .5rem; align-content: start; }
.sides:not(:has(.judgments ~ .judgments)) > .side { grid-row: span 3; grid-template-rows: subgrid; }
.judgments { border-top: 1px solid var(--line); padding-top: .5rem; font-size: .9375rem; display: grid; gap: .25rem; }
.judgments > div { display: grid; grid-template-columns: minmax(7rem, 30%) minmax(0, 1fr); gap: .75rem; }
.judgments > div:first-child { font-weight: 600; }
.judgments dt { color: var(--quiet); }
.reason { font-weight: 400; font-size: .875rem; color: var(--quiet); border-left: 2px solid var(--line); padding-left: .625rem; margin-top: .125rem; }
.history { font-size: .875rem; }
.history th, .history td { padding: .375rem .75rem; min-width: 5rem; }

.text { white-space: pre-wrap; tab-size: 4; overflow-wrap: anywhere; unicode-bidi: plaintext; max-width: 80ch; }
.parts { display: grid; gap: .625rem; }
.parts dt { font-size: .8125rem; color: var(--quiet); }

.progress { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; font-size: .875rem; font-variant-numeric: tabular-nums; }
progress { flex: 1 1 12rem; height: .5rem; border: 0; border-radius: 99px; overflow: hidden; background: var(--line); accent-color: var(--accent); appearance: none; }
progress::-webkit-progress-bar { background: var(--line); border-radius: 99px; }
progress::-webkit-progress-value { background: var(--accent); border-radius: 99px; }
progress::-moz-progress-bar { background: var(--accent); }
.judging { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); align-items: start; }
.judging .asked { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }
.judging .asked h2 { font-size: .8125rem; color: var(--quiet); margin-bottom: .375rem; }
.judging .answer { border-left: 4px solid var(--accent); }
.judging .answer .text { font-size: 1.0625rem; }
.questions { display: grid; gap: 1.25rem; }
fieldset { border: 0; min-width: 0; display: grid; gap: .5rem; }
legend { font-weight: 650; font-size: 1.0625rem; padding: 0; margin-bottom: .25rem; }
.instructions { color: var(--quiet); font-size: .9375rem; }
.choices { display: grid; gap: .375rem; }
.choices.scale { grid-template-columns: repeat(auto-fit, minmax(3rem, 1fr)); }
.choices.scale:has(> :nth-child(7)) { grid-template-columns: repeat(5, 1fr); }
.choice { position: relative; display: flex; gap: .625rem; align-items: center; min-height: 2.75rem; padding: .375rem .75rem; border: 1px solid var(--edge); border-radius: 6px; cursor: pointer; background: var(--card); }
.choice:hover { background: var(--tint); }
.choice input { width: 1.125rem; height: 1.125rem; margin: 0; flex: none; }
.choice .label { flex: 1; min-width: 0; }
.choice:has(:checked) { border-color: var(--accent); background: var(--tint); box-shadow: inset 0 0 0 1px var(--accent); font-weight: 600; }
.choice:has(:focus-visible) { outline: 3px solid var(--accent); outline-offset: 2px; }
.choice :focus-visible { outline: none; }
.scale .choice { justify-content: center; min-height: 3.25rem; padding: .25rem; }
.scale .choice input { position: absolute; inset: 0; width: 100%; height: 100%; opacity: 0; cursor: pointer; }
.scale .label { flex: none; font-size: 1.125rem; font-variant-numeric: tabular-nums; }
.scale kbd { display: none; }
.scale .sign { position: absolute; inset: auto 0 .125rem; text-align: center; font-size: .625rem; line-height: 1; }
[aria-describedby] > .choices > .choice, [aria-describedby] > .field input { border-color: var(--bad); }
.cannot { border-color: transparent; background: transparent; color: var(--quiet); min-height: 2rem; padding-block: .125rem; font-size: .9375rem; justify-self: start; }
.cannot .label { flex: none; }
.scale + .cannot, .field + .cannot { padding-left: 0; }
.field { display: grid; gap: .25rem; }
.field input, textarea { width: 100%; min-height: 2.75rem; }
textarea { resize: vertical; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; }
.questions .actions .button:first-child { flex: 1 1 100%; }
.questions .actions .plain { flex: 1; }
@media (min-width: 60rem) {
  .judging { grid-template-columns: minmax(0, 1fr) 24rem; }
  .questions { position: sticky; top: 1rem; max-height: calc(100vh - 2rem); overflow-y: auto; scroll-padding-bottom: 9rem; }
  .questions .actions { position: sticky; bottom: -1rem; margin: 0 -1.25rem; padding: .75rem 1.25rem; background: var(--card); border-top: 1px solid var(--line); }
}
.actions + [data-keys] { margin-top: -1rem; }
[data-keys] label { display: flex; gap: .5rem; align-items: center; min-height: 1.5rem; }
[data-keys] input { margin: 0; }
.sign-in { display: grid; gap: 1rem; width: min(100%, 26rem); margin-inline: auto; padding: 1.5rem; margin-top: clamp(0rem, 8vh, 5rem); }
.sign-in form { display: grid; gap: .5rem; }
.sign-in label { font-weight: 600; }
.sign-in input { min-height: 2.75rem; }
.sign-in .button { margin-top: .5rem; }
.sign-in code { display: inline-block; margin-top: .25rem; }
@media (max-width: 48rem) {
  .who .name { position: absolute; width: 1px; height: 1px; clip-path: inset(50%); }
  .runs, .runs tbody, .runs tr { display: block; }
  .runs thead { position: absolute; clip-path: inset(50%); }
  .runs th, .runs td { padding: 0; border: 0; }
  .runs tr { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: .625rem 1rem; padding: .75rem 1rem; border-bottom: 1px solid var(--line); }
  .runs tr:last-child { border: 0; }
  .runs tr.held { background: var(--tint); }
  .runs th { grid-column: 1 / -1; }
  tbody .run { min-width: 0; }
  td.figure { text-align: left; min-width: 0; }
  tbody .run .number { text-align: left; min-width: 0; }
  .facts { flex: 1 1 100%; }
  td.figure .label { display: block; overflow: hidden; text-overflow: ellipsis; font-size: .8125rem; }
}
@media (max-width: 30rem) {
  .facts { flex-wrap: wrap; row-gap: .25rem; }
  main { padding-top: 1rem; }
  .card { padding: .875rem 1rem; }
  .trail:has(li + li) .home span, .facts .clock { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .courses { grid-template-columns: none; grid-auto-flow: column; grid-auto-columns: 85%; overflow-x: auto; }
  .courses:has(> :only-child) { grid-auto-columns: 100%; }
  .chooser > label { display: grid; grid-template-columns: 4rem minmax(0, 1fr); width: 100%; }
  .chooser > label select { width: 100%; }
  .tabs ul { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .tabs a > .small > * { display: block; }
}
@media (hover: none), (max-width: 30rem), (scripting: none) { kbd, [data-keys] { display: none !important; } }
@media (prefers-reduced-motion: no-preference) { .choice, .button { transition: background-color .1s; } }
@media (forced-colors: active) {
  .choice:has(:checked), .tabs [aria-current], .filters [aria-current] { outline: 2px solid; }
  .note { border: 1px solid; }
  progress { forced-color-adjust: none; }
}
`;
