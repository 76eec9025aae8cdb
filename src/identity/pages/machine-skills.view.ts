import { isSkillScope } from '@coorchat/contracts';
import { isOfMachine } from '../oidc/asked-scopes.rules.js';
import type { GrantableOrganization, PendingDevice } from '../oidc/interactions.port.js';
import type { Faults } from './form.view.js';
import { type Fragment, html } from './html.js';
import { organizationChoice } from './interaction.view.js';

const EVERY_SKILL = 'skill:*';

function box(scope: string): Fragment {
  const label = scope === EVERY_SKILL ? 'every skill' : html`<code>${scope.slice('skill:'.length)}</code>`;
  return html`<li>
    <label><input type="checkbox" name="${scope}" value="on" checked /> <span>${label}</span></label>
  </li>`;
}

function boxes(scopes: readonly string[], label?: string): Fragment {
  return html`<ul class="boxes" ${label !== undefined && html`aria-label="${label}"`}>
    ${scopes.map(box)}
  </ul>`;
}

/** Every skill, or some: what stands in the boxes counts only where they can be seen. */
function everyOrSome(named: readonly string[], isSome: boolean): Fragment {
  const choice = (value: 'every' | 'some', text: Fragment) =>
    html`<li>
      <label
        ><input type="radio" name="skills" value="${value}" ${(value === 'some') === isSome && 'checked'} />
        <span>${text}</span></label
      >
    </li>`;
  return html`<ul class="boxes single">
      ${choice('every', 'every skill: also tasks that name none, and what it learns later')}
      ${choice('some', 'some of what it offers, and no task that names none')}
    </ul>
    <div class="some">${boxes(named, 'Skills that it offers')}</div>`;
}

/** Which of the skills that were asked for. A machine is let in for all of them, unless the person chooses some. */
export function skillChoice({ scopes }: PendingDevice, faults: Faults): Fragment {
  const skills = scopes.filter(isSkillScope);
  const named = skills.filter((scope) => scope !== EVERY_SKILL);
  const isMachine = isOfMachine(scopes);
  if (isMachine && named.length === 0) {
    return html`<p>It gets every skill. You can change that once it is in.</p>
      <input type="hidden" name="skills" value="every" />`;
  }
  if (skills.length === 0) return undefined;
  const fault = faults['skills'];
  const isEither = isMachine && skills.includes(EVERY_SKILL);
  return html`<fieldset id="skills" tabindex="-1" ${fault && html`aria-describedby="skills-fault"`}>
    <legend class="label">Skills that it may be used for</legend>
    ${isEither ? everyOrSome(named, fault !== undefined) : boxes(skills)}
    ${fault && html`<p class="fault" id="skills-fault">${fault}</p>`}
  </fieldset>`;
}

/** What of the scopes that were asked for a person left in the form. */
export function scopesLeft(body: Readonly<Record<string, string>>, { scopes }: PendingDevice): string[] {
  const others = scopes.filter((scope) => !isSkillScope(scope));
  const ticked = scopes.filter((scope) => isSkillScope(scope) && body[scope] === 'on');
  if (!isOfMachine(scopes)) return [...others, ...ticked];
  const every = scopes.filter((scope) => scope === EVERY_SKILL);
  return [...others, ...(body['skills'] === 'every' ? every : ticked)];
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
