import { type Faults, faultSummary, field } from './form.view.js';
import { type Fragment, html } from './html.js';
import { csrfField, type PageView } from './layout.view.js';
import type { WaitingMachine } from './machine.port.js';

export function machineCodePage({
  csrf,
  code,
  faults = {},
}: {
  csrf: string;
  code?: string;
  faults?: Faults;
}): PageView {
  const spec = {
    name: 'code',
    label: 'Code',
    autocomplete: 'off',
    maxlength: 20,
    hint: 'The machine shows it where you started it.',
  };
  return {
    title: 'Add a machine',
    main: html`<section class="card">
      <h1>Add a machine</h1>
      ${faultSummary(faults)}
      <form method="post" action="/auth/machines">
        ${csrfField(csrf)} ${field({ ...spec, value: code, isCode: true, isFirst: true }, faults)}
        <button class="full">Go on</button>
      </form>
    </section>`,
  };
}

function clusterChoice({ clusters }: WaitingMachine): Fragment {
  const option = ({ id, name, organization }: WaitingMachine['clusters'][number]) =>
    html`<option value="${id}">${organization}: ${name}</option>`;
  return html`<div class="field">
    <label for="cluster">Cluster</label>
    <select id="cluster" name="cluster">
      ${clusters.map(option)}
    </select>
  </div>`;
}

function skillChoice({ skills }: WaitingMachine): Fragment {
  if (skills.length === 0) return undefined;
  const box = (skill: string) =>
    html`<li>
      <label><input type="checkbox" name="skill:${skill}" value="on" checked /> <code>${skill}</code></label>
    </li>`;
  return html`<fieldset class="field">
    <legend class="label">Skills that it may be used for</legend>
    <ul class="boxes">
      ${skills.map(box)}
    </ul>
  </fieldset>`;
}

export function machinePage({ csrf, machine }: { csrf: string; machine: WaitingMachine }): PageView {
  const { code, name, facts, clusters } = machine;
  const decide = html`<form method="post" action="/auth/machines/${code}">
    ${csrfField(csrf)} ${clusterChoice(machine)} ${skillChoice(machine)}
    <div class="actions">
      <button name="decision" value="approve">Approve</button>
      <button name="decision" value="refuse" class="second">Refuse</button>
    </div>
  </form>`;
  return {
    title: `Approve ${name}?`,
    main: html`<section class="card">
      <h1>Approve this machine?</h1>
      <p class="lead">Go on only if <strong>${name}</strong> is yours and shows this code:</p>
      <p class="user-code mono">${code}</p>
      <h2>What it says of itself</h2>
      <dl class="facts">
        ${facts.map(
          ({ label, value }) =>
            html`<dt>${label}</dt>
              <dd>${value}</dd>`,
        )}
      </dl>
      ${
        clusters.length > 0
          ? decide
          : html`<div class="notice warn"><p>You may add machines to no organization. Ask an owner or admin.</p></div>`
      }
    </section>`,
  };
}

export function machineDonePage(name: string): PageView {
  return {
    title: 'The machine is in',
    main: html`<section class="card">
      <h1>The machine is in</h1>
      <p>${name} goes on by itself and takes work as soon as it is connected. You can close this page.</p>
    </section>`,
  };
}
