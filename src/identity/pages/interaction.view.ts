import type { AccessRequest, GrantableOrganization, PendingRequest } from '../oidc/interactions.port.js';
import { type Fragment, type Html, html } from './html.js';
import { csrfField, type PageView } from './layout.view.js';
import { scopeWords } from './scope-words.js';

export interface ConsentView {
  readonly csrf: string;
  readonly request: PendingRequest;
  readonly choices: readonly GrantableOrganization[];
  readonly currentOrgId: string | null;
  readonly path: string;
}

/** Which organization; a sentence where there is no choice. */
export function organizationChoice(choices: readonly GrantableOrganization[], currentOrgId: string | null): Fragment {
  const [only] = choices;
  if (only !== undefined && choices.length === 1) {
    return html`<p>In <strong>${only.name}</strong>, where you are ${only.role}.</p>
      <input type="hidden" name="organization" value="${only.orgId}" />`;
  }
  const option = ({ orgId, name, role }: GrantableOrganization) =>
    html`<option value="${orgId}" ${orgId === currentOrgId && 'selected'}>${name} (${role})</option>`;
  return html`<div class="field">
    <label for="organization">Organization</label>
    <select id="organization" name="organization">
      ${choices.map(option)}
    </select>
  </div>`;
}

/** What would be allowed; with several organizations, at most. */
export function scopeList({ scopes }: AccessRequest, choices: readonly GrantableOrganization[]): Html {
  const possible = new Set(choices.flatMap((choice) => choice.scopes));
  const words = scopeWords(scopes.filter((scope) => possible.has(scope)));
  return html`<ul class="scopes">
    ${words.map((text) => html`<li>${text}</li>`)}
  </ul>`;
}

export function consentPage(view: ConsentView): PageView {
  const { csrf, request, choices, currentOrgId, path } = view;
  const { client, redirectsTo } = request;
  const stranger = html`<div class="notice warn">
    <p>
      This program registered itself, so nobody vouches for its name. Allow it only if you have just started it. It goes
      on at <code>${redirectsTo}</code>.
    </p>
  </div>`;
  return {
    title: `Allow ${client.name}?`,
    main: html`<section class="card">
      <h1>Allow ${client.name}?</h1>
      <p class="lead">It wants to do this for you:</p>
      ${scopeList(request, choices)} ${client.isSelfRegistered && stranger}
      <form method="post" action="${path}">
        ${csrfField(csrf)} ${organizationChoice(choices, currentOrgId)}
        <p class="quiet">Never more than your own role allows. You can take it back at any time.</p>
        <div class="actions">
          <button name="decision" value="allow">Allow</button>
          <button name="decision" value="refuse" class="second">Refuse</button>
        </div>
      </form>
    </section>`,
  };
}
