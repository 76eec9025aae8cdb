import type { OrganizationLine } from './account.view.js';
import type { ConsentInteraction } from './interaction.port.js';
import { type Fragment, html } from './html.js';
import { csrfField, type PageView } from './layout.view.js';
import { scopeWords } from './scope-words.js';

export interface ConsentView {
  readonly csrf: string;
  readonly interaction: ConsentInteraction;
  readonly organizations: readonly OrganizationLine[];
  readonly currentOrgId: string | null;
  readonly path: string;
}

function organizationChoice({ interaction, organizations, currentOrgId }: ConsentView): Fragment {
  const offered = organizations.filter(({ id }) => interaction.orgId === undefined || id === interaction.orgId);
  const [only] = offered;
  if (only !== undefined && offered.length === 1) {
    return html`<p>In <strong>${only.name}</strong>.</p>
      <input type="hidden" name="organization" value="${only.id}" />`;
  }
  const option = ({ id, name }: OrganizationLine) =>
    html`<option value="${id}" ${id === currentOrgId && 'selected'}>${name}</option>`;
  return html`<div class="field">
    <label for="organization">Organization</label>
    <select id="organization" name="organization">
      ${offered.map(option)}
    </select>
  </div>`;
}

export function consentPage(view: ConsentView): PageView {
  const { csrf, interaction, path } = view;
  const { clientName, scopes, leadsTo, isUnknownClient } = interaction;
  return {
    title: `Allow ${clientName}?`,
    main: html`<section class="card">
      <h1>Allow ${clientName}?</h1>
      <p class="lead">It wants to do this for you:</p>
      <ul class="scopes">
        ${scopeWords(scopes).map((words) => html`<li>${words}</li>`)}
      </ul>
      ${
        isUnknownClient &&
        html`<div class="notice warn">
          <p>
            This program registered itself. Allow it only if you have just started it. It goes on at
            <code>${leadsTo}</code>.
          </p>
        </div>`
      }
      <form method="post" action="${path}">
        ${csrfField(csrf)} ${organizationChoice(view)}
        <p class="quiet">Never more than your own role allows. You can take it back at any time.</p>
        <div class="actions">
          <button name="decision" value="allow">Allow</button>
          <button name="decision" value="refuse" class="second">Refuse</button>
        </div>
      </form>
    </section>`,
  };
}
