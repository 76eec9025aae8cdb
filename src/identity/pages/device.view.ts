import { isSkillScope } from '@coorchat/contracts';
import type { GrantableOrganization, PendingDevice } from '../oidc/interactions.port.js';
import { type Faults, faultSummary, field } from './form.view.js';
import { type Fragment, html } from './html.js';
import { scopeList } from './interaction.view.js';
import { csrfField, type PageView } from './layout.view.js';
import { machineFacts } from './machine-facts.rules.js';
import { type Likely, placeChoice, skillChoice } from './machine-skills.view.js';

export function deviceCodePage(view: { csrf: string; path: string; code: string; faults?: Faults }): PageView {
  const { csrf, path, code, faults = {} } = view;
  const spec = { name: 'user_code', label: 'Code', autocomplete: 'off', maxlength: 20, isCode: true, isFirst: true };
  return {
    title: 'Connect a machine or program',
    main: html`<section class="card">
      <h1>Connect a machine or program</h1>
      <p class="lead">Enter the code that it shows where you started it.</p>
      ${faultSummary(faults)}
      <form method="post" action="${path}">
        ${csrfField(csrf)} ${field({ ...spec, value: code }, faults)}
        <button class="full">Go on</button>
      </form>
    </section>`,
  };
}

export interface DeviceView extends Likely {
  readonly csrf: string;
  readonly path: string;
  readonly device: PendingDevice;
  readonly choices: readonly GrantableOrganization[];
  readonly faults?: Faults;
}

function facts({ machine, address }: PendingDevice): Fragment {
  const known = machine === undefined ? [] : machineFacts(machine);
  const all = address === undefined ? known : [...known, { label: 'Address', value: address }];
  if (all.length === 0) return undefined;
  const fact = ({ label, value }: { label: string; value: string }) =>
    html`<dt>${label}</dt>
      <dd>${value}</dd>`;
  return html`<h2>What it says of itself</h2>
    <dl class="facts">${all.map(fact)}</dl>`;
}

/** Is it really the machine in front of you, and may it come in? */
export function devicePage({ csrf, path, device, choices, faults = {}, ...likely }: DeviceView): PageView {
  const { client, userCode, machine } = device;
  const what = machine === undefined ? client.name : 'this machine';
  const others = { ...device, scopes: device.scopes.filter((scope) => !isSkillScope(scope)) };
  return {
    title: machine === undefined ? `Connect ${what}?` : 'Approve this machine?',
    main: html`<section class="card">
      <h1>${machine === undefined ? `Connect ${what}?` : 'Approve this machine?'}</h1>
      <p class="lead">Go on only if you started it, and it shows this code:</p>
      <p class="user-code mono">${userCode}</p>
      ${faultSummary(faults)} ${facts(device)}
      <h2>What it may do</h2>
      ${scopeList(others, choices)}
      <form method="post" action="${path}">
        ${csrfField(csrf)}<input type="hidden" name="user_code" value="${userCode}" />
        ${skillChoice(device, faults)} ${placeChoice(choices, likely)}
        <div class="actions">
          <button name="decision" value="approve">Approve</button>
          <button name="decision" value="deny" class="second">Refuse</button>
        </div>
      </form>
    </section>`,
  };
}

export function deviceDonePage(isApproved: boolean): PageView {
  const title = isApproved ? 'It is in' : 'It was refused';
  return {
    title,
    main: html`<section class="card">
      <h1>${title}</h1>
      <p>
        ${isApproved ? 'It goes on by itself. You can close this page.' : 'Nothing was allowed. You can close this page.'}
      </p>
    </section>`,
  };
}
