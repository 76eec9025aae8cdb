import { isSkillScope } from '@coorchat/contracts';
import { isOfMachine } from '../oidc/asked-scopes.rules.js';
import type { GrantableOrganization, PendingDevice } from '../oidc/interactions.port.js';
import type { Faults } from './form.view.js';
import { type Fragment, html } from './html.js';
import { organizationChoice } from './interaction.view.js';

export const EVERY_SKILL = 'skill:*';

interface Box {
  readonly scope: string;
  readonly label: Fragment;
  readonly isChecked: boolean;
}

function box({ scope, label, isChecked }: Box): Fragment {
  return html`<li>
    <label><input type="checkbox" name="${scope}" value="on" ${isChecked && 'checked'} /> ${label}</label>
  </li>`;
}

/** Boxes of the skills that were asked for. A machine gets what it offers now; every later one is a choice of its own. */
export function skillChoice({ scopes }: PendingDevice, faults: Faults): Fragment {
  const skills = scopes.filter(isSkillScope);
  const named = skills.filter((scope) => scope !== EVERY_SKILL);
  if (skills.length === 0) {
    return isOfMachine(scopes) && html`<p>It gets every skill. You can change that once it is in.</p>`;
  }
  const fault = faults['skills'];
  const isFew = !isOfMachine(scopes) || named.length === 0;
  const every = html`<span
    >${isOfMachine(scopes) && named.length > 0 ? 'every skill, also what it learns later' : 'every skill'}</span
  >`;
  return html`<fieldset id="skills" tabindex="-1" ${fault && html`aria-describedby="skills-fault"`}>
    <legend class="label">Skills that it may be used for</legend>
    ${
      named.length > 0 &&
      html`<ul class="boxes">
        ${named.map((scope) => box({ scope, label: html`<code>${scope.slice('skill:'.length)}</code>`, isChecked: true }))}
      </ul>`
    }
    ${
      skills.includes(EVERY_SKILL) &&
      html`<ul class="boxes single">
        ${box({ scope: EVERY_SKILL, label: every, isChecked: isFew })}
      </ul>`
    }
    ${fault && html`<p class="fault" id="skills-fault">${fault}</p>`}
  </fieldset>`;
}

export interface Likely {
  readonly currentOrgId: string | null;
  /** As it was chosen before a fault. */
  readonly clusterId?: string | undefined;
}

/** Where a machine is to work: a cluster of one of the organizations. A sentence where there is no choice. */
export function placeChoice(choices: readonly GrantableOrganization[], { currentOrgId, clusterId }: Likely): Fragment {
  const places = choices.flatMap(({ orgId, name: organization, role, clusters = [] }) =>
    clusters.map((cluster) => ({ ...cluster, orgId, organization, role })),
  );
  const [only] = places;
  if (only === undefined) return organizationChoice(choices, currentOrgId);
  if (places.length === 1) {
    return html`<p>In <strong>${only.organization}</strong>, cluster <strong>${only.name}</strong>.</p>
      <input type="hidden" name="cluster" value="${only.id}" />`;
  }
  const chosen = places.find(({ id }) => id === clusterId);
  const likely = chosen ?? places.find(({ orgId }) => orgId === currentOrgId) ?? only;
  const isOne = places.every(({ orgId }) => orgId === only.orgId);
  const option = ({ id, name, organization, role }: (typeof places)[number]) =>
    html`<option value="${id}" ${id === likely.id && 'selected'}>
      ${isOne ? name : `${name} – ${organization} (${role})`}
    </option>`;
  return html`<div class="field">
    <label for="cluster">Cluster</label>
    <select id="cluster" name="cluster">
      ${places.map(option)}
    </select>
  </div>`;
}
